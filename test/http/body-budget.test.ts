import { expect, it } from 'vitest';
import { BodyShare } from '../../src/http/body-budget.ts';

const mega = 1024 * 1024;

it('large bodies share one budget, and whoever finds it full is told to come again', () => {
  const first = new BodyShare();
  first.take(200 * mega);
  {
    using second = new BodyShare();
    second.take(50 * mega);
    expect(() => new BodyShare().take(10 * mega)).toThrow(
      expect.objectContaining({ code: 'overloaded', headers: { 'retry-after': '2' } }),
    );
    // Small ones are not counted.
    new BodyShare().take(1_000);
  }
  const third = new BodyShare();
  third.take(50 * mega);
  first[Symbol.dispose]();
  third[Symbol.dispose]();
  using all = new BodyShare();
  all.take(256 * mega);
});
