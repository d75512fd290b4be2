import { summary } from "@/api/service";
import { everything } from "@/routing/selection";
import { useAsk } from "./ask";
import { learnNames } from "./names";

/** What there is to choose from: the figures of everything, asked for once a page. */
export function useChoices() {
  const asked = useAsk(
    (signal) =>
      summary(everything(), signal).then((answer) => {
        learnNames(answer.categories);
        return answer;
      }),
    () => "everything",
  );
  return asked;
}
