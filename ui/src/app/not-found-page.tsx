import { Link } from "@tanstack/react-router";
import { Empty } from "@/components/empty";
import { text } from "@/strings";

export function NotFoundPage() {
  return (
    <Empty title={text.problem.notFound}>
      <Link to="/experiments">{text.nav.experiments}</Link>
    </Empty>
  );
}
