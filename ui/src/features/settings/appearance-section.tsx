import { type MantineColorScheme, SegmentedControl, useMantineColorScheme } from "@mantine/core";
import { text } from "@/strings";

const t = text.settings;

/** How the page looks in this browser. */
export function AppearanceSection() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <SegmentedControl
      aria-label={t.theme}
      w="fit-content"
      data={[
        { value: "auto", label: t.themes.auto },
        { value: "light", label: t.themes.light },
        { value: "dark", label: t.themes.dark },
      ]}
      value={colorScheme}
      onChange={(value) => setColorScheme(value as MantineColorScheme)}
    />
  );
}
