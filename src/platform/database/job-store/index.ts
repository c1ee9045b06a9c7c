import { and, eq, inArray } from 'drizzle-orm';
import type { AssetRecord } from '../../../jobs/model.ts';
import type { JobStore } from '../../../jobs/store.ts';
import type { BossQueue } from '../../queue/boss-queue.ts';
import type { OpenDatabase } from '../client.ts';
import { assets } from '../schema.ts';
import { acceptBatch } from './accept.ts';
import { countOlderQueued, createAssetReader, listJobs, loadState, readHolder, readJob, readStatus } from './reads.ts';
import { createSweeps } from './sweeps.ts';
import { createTransitions } from './transitions.ts';

/** The job store on PostgreSQL. */
export const createJobStore = (database: OpenDatabase, queue: BossQueue): JobStore => {
  const { db } = database;
  return {
    accept: (batch) => acceptBatch(database, queue, batch),
    holderOf: (account, claim) => readHolder(db, account, claim),
    load: (jobId) => loadState(db, jobId),
    statusOf: (jobId) => readStatus(db, jobId),
    read: (account, jobId) => readJob(db, account, jobId),
    list: (filter) => listJobs(db, filter),
    queuePosition: (job) => countOlderQueued(db, job),
    ...createTransitions(database, queue),
    ...createSweeps(database),
    saveAsset: async (asset) => {
      await db.insert(assets).values(asset).onConflictDoUpdate({ target: assets.id, set: asset });
    },
    fulfilAsset: async (asset) => {
      const promised = and(eq(assets.id, asset.id), eq(assets.account, asset.account), eq(assets.status, 'awaiting'));
      return (await db.update(assets).set(asset).where(promised).returning({ id: assets.id })).length === 1;
    },
    assets: createAssetReader(db),
    assetsOfJob: async (jobId) => (await db.select().from(assets).where(eq(assets.jobId, jobId))) as AssetRecord[],
    deleteAssets: async (ids) => {
      if (ids.length > 0) await db.delete(assets).where(inArray(assets.id, [...ids]));
    },
    requeue: (job, name) => database.transaction((tx) => queue.add(tx, [{ queue: name, jobId: job.id }])),
    isHeld: (entryId, attempt) => queue.isHeld(entryId, attempt),
  };
};
