import { IconEye } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { roleIn } from "@/api/permissions";
import { meQuery } from "@/api/queries";
import { text } from "@/strings";

/** Says why what changes something is not offered here. */
export function ReadOnly({ experimentId }: { experimentId: string }) {
  const me = useQuery(meQuery);
  const role = roleIn(me.data, experimentId);
  return (
    <span className="dim">
      <IconEye size={13} aria-hidden /> {role === null ? text.permission.none : text.permission.role(role)}
    </span>
  );
}
