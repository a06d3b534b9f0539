export function FindTracePage() {
  return null;
}
