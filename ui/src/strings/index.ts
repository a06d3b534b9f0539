/** Every text that the page shows, in one catalogue: a file for each feature. Functions fill in what differs. */

import { assetTexts } from "./assets";
import { conversationsTexts } from "./conversations";
import { evaluationTexts } from "./evaluation";
import { experimentSettingsTexts } from "./experiment-settings";
import { experimentsTexts } from "./experiments";
import { frameTexts } from "./frame";
import { issuesTexts } from "./issues";
import { labelingTexts } from "./labeling";
import { labelingItemsTexts } from "./labeling-items";
import { labelingReportTexts } from "./labeling-report";
import { labelingSetupTexts } from "./labeling-setup";
import { reviewingTexts } from "./reviewing";
import { runsTexts } from "./runs";
import { settingsTexts } from "./settings";
import { traceTexts } from "./trace";
import { tracesTexts } from "./traces";

export const text = {
  ...frameTexts,
  ...experimentsTexts,
  ...experimentSettingsTexts,
  ...tracesTexts,
  ...traceTexts,
  ...conversationsTexts,
  ...assetTexts,
  ...evaluationTexts,
  ...labelingTexts,
  ...labelingItemsTexts,
  ...labelingSetupTexts,
  ...labelingReportTexts,
  ...reviewingTexts,
  ...runsTexts,
  ...issuesTexts,
  ...settingsTexts,
} as const;
