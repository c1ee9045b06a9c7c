CREATE TABLE "assets" (
	"id" text PRIMARY KEY NOT NULL,
	"account" text NOT NULL,
	"status" text NOT NULL,
	"kind" text NOT NULL,
	"job_id" text,
	"storage_key" text NOT NULL,
	"content_type" text NOT NULL,
	"width" integer NOT NULL,
	"height" integer NOT NULL,
	"bytes" bigint NOT NULL,
	"sha256" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "attempts" (
	"id" text PRIMARY KEY NOT NULL,
	"job_id" text NOT NULL,
	"number" integer NOT NULL,
	"provider" text NOT NULL,
	"backend" text NOT NULL,
	"status" text NOT NULL,
	"error" jsonb,
	"started_at" timestamp (3) with time zone NOT NULL,
	"finished_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "idempotency_keys" (
	"account" text NOT NULL,
	"route" text NOT NULL,
	"key" text NOT NULL,
	"fingerprint" text NOT NULL,
	"job_id" text NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "idempotency_keys_account_route_key_pk" PRIMARY KEY("account","route","key")
);
--> statement-breakpoint
CREATE TABLE "jobs" (
	"id" text PRIMARY KEY NOT NULL,
	"account" text NOT NULL,
	"operation" text NOT NULL,
	"status" text NOT NULL,
	"version" integer DEFAULT 0 NOT NULL,
	"sequence" integer DEFAULT 0 NOT NULL,
	"provider" text NOT NULL,
	"backend" text NOT NULL,
	"request" jsonb NOT NULL,
	"plan" jsonb NOT NULL,
	"prepared" jsonb,
	"adjustments" jsonb NOT NULL,
	"outputs" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"error" jsonb,
	"progress" double precision DEFAULT 0 NOT NULL,
	"cost_usd" double precision,
	"timings" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"metadata" jsonb NOT NULL,
	"end_user" text,
	"trace" text,
	"deadline_at" timestamp (3) with time zone NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"started_at" timestamp (3) with time zone,
	"finished_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "purchases" (
	"id" text PRIMARY KEY NOT NULL,
	"attempt_id" text NOT NULL,
	"job_id" text NOT NULL,
	"picture" integer NOT NULL,
	"stage" integer NOT NULL,
	"status" text NOT NULL,
	"tries" integer DEFAULT 0 NOT NULL,
	"entry_id" uuid,
	"entry_attempt" integer,
	"not_before" timestamp (3) with time zone,
	"ticket" jsonb,
	"artifact" jsonb,
	"asset_id" text,
	"upstream_id" text,
	"checks" integer DEFAULT 0 NOT NULL,
	"price_usd" double precision,
	"cost_usd" double precision,
	"error" jsonb,
	"started_at" timestamp (3) with time zone,
	"finished_at" timestamp (3) with time zone
);
--> statement-breakpoint
ALTER TABLE "attempts" ADD CONSTRAINT "attempts_job_id_jobs_id_fk" FOREIGN KEY ("job_id") REFERENCES "public"."jobs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "purchases" ADD CONSTRAINT "purchases_attempt_id_attempts_id_fk" FOREIGN KEY ("attempt_id") REFERENCES "public"."attempts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "assets_expiry" ON "assets" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "assets_job" ON "assets" USING btree ("job_id") WHERE job_id is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "attempts_job" ON "attempts" USING btree ("job_id","number");--> statement-breakpoint
CREATE INDEX "idempotency_expiry" ON "idempotency_keys" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "jobs_account" ON "jobs" USING btree ("account","id" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "jobs_waiting" ON "jobs" USING btree ("backend","id") WHERE status = 'queued';--> statement-breakpoint
CREATE INDEX "jobs_running" ON "jobs" USING btree ("deadline_at") WHERE status in ('queued', 'processing');--> statement-breakpoint
CREATE INDEX "jobs_finished" ON "jobs" USING btree ("finished_at") WHERE finished_at is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "purchases_place" ON "purchases" USING btree ("attempt_id","picture","stage");--> statement-breakpoint
CREATE INDEX "purchases_job" ON "purchases" USING btree ("job_id");--> statement-breakpoint
CREATE INDEX "purchases_unknown" ON "purchases" USING btree ("started_at") WHERE status = 'unknown';