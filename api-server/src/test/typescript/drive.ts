// Drives the generated client through the loop: store, rank, post, trace, recommend, explain. Prints what it saw.
declare const process: { argv: string[]; exit(code: number): void };

import { Configuration, EventsApi, ProfilesApi, RankingApi, ResponseError } from './index';

async function main(): Promise<void> {
  const configuration = new Configuration({ basePath: process.argv[2] });
  const ranking = new RankingApi(configuration);
  const events = new EventsApi(configuration);
  const profiles = new ProfilesApi(configuration);
  await profiles.putItem({ id: 'ts-a', features: { features: { price: 0.25, genres: ['Comedy'] } } });
  const stored = await profiles.getItem({ id: 'ts-a' });
  const ranked = await ranking.rank({
    model: 'movies',
    rankRequest: {
      requestId: 'ts-1',
      user: 'tess',
      candidates: [{ item: 'ts-a' }, { item: 'ts-b', features: { price: 0.75 } }],
    },
  });
  const posted = await events.postEvents({
    event: [{ id: 'ts-e1', type: 'like', requestId: 'ts-1', item: 'ts-a', time: new Date() }],
  });
  const traced = await events.traceEvent({ id: 'ts-e1', until: 'accepted' });
  const recommended = await ranking.recommend({ model: 'movies', recommendRequest: { user: 'tess', limit: 1 } });
  const explained = await ranking.explain({ model: 'movies', explainRequest: { candidates: [{ item: 'ts-a' }] } });
  let refused = '';
  try {
    await ranking.rank({ model: 'movis', rankRequest: { candidates: [{ item: 'a' }] } });
  } catch (failure) {
    refused = failure instanceof ResponseError ? (await failure.response.json()).fix : String(failure);
  }
  console.log(JSON.stringify({
    genres: stored.features.genres,
    order: ranked.items.map((one) => one.item),
    accepted: posted.accepted,
    status: traced.status,
    recommended: recommended.items.map((one) => one.item),
    features: explained.items[0].contributions.map((one) => one.feature),
    refused,
  }));
}

main().catch((failure) => {
  console.error(failure);
  process.exit(1);
});
