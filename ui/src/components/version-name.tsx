import { useQuery } from "@tanstack/react-query";
import { versionNameQuery } from "@/api/asset-queries";
import { visibleText } from "@/lib/hidden";
import { SafeText } from "./safe-text";

/** A version of the application by its name, with the id behind it; by the id alone where it has no name here. */
export function VersionName({ experimentId, modelId }: { experimentId: string; modelId: string }) {
  const name = useQuery(versionNameQuery(experimentId, modelId)).data || modelId;
  return (
    <span title={visibleText(modelId)}>
      <SafeText text={name} />
    </span>
  );
}
