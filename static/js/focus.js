/** Remembers where the focus is and returns the way back, also when a swap has replaced the element. */
export function keepFocus(from = document.activeElement) {
  const card = from?.closest(".card")?.id;
  const part = from?.matches(".card__menu") ? ".card__menu" : ".card__title a";
  return () => {
    const again = from?.id && document.getElementById(from.id);
    const onCard = card && document.getElementById(card)?.querySelector(part);
    const place = from?.isConnected ? from : again || onCard;
    place?.focus({ preventScroll: true });
  };
}
