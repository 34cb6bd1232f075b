export const scenarioNames = ['xs', 's', 'm', 'goal', 'growth', 'huge', 'sets'] as const;
export type ScenarioName = (typeof scenarioNames)[number];
