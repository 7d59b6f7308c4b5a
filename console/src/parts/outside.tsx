// Text from outside: names, messages, headers. It is shown as text, never as markup, and cannot reach beyond its place.

// What cannot be seen is shown by its number: controls, directions, joiners, private use, halves of surrogate pairs.
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}]/u;
const UNSEEN_BUT_LINES = /(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}]/u;

const SHOWN_CHARACTERS = 200;

interface OutsideProps {
  text: string;
  /** So many characters are shown. */
  limit?: number;
  /** Line ends and tabs mean themselves. */
  lines?: boolean;
}

/** A text of somebody else's, isolated from the direction of what stands around it. */
export function Outside({ text, limit = SHOWN_CHARACTERS, lines = false }: OutsideProps) {
  const shown = text.length > limit ? text.slice(0, limit).replace(/[\uD800-\uDBFF]$/, "") : text;
  return (
    <bdi class="outside">
      {shown === "" ? <i class="nothing">empty</i> : pieces(shown, lines)}
      {shown.length < text.length && (
        <span class="more"> … {(text.length - shown.length).toLocaleString("en")} more</span>
      )}
    </bdi>
  );
}

/** The same for a place that takes plain text only, such as an attribute. */
export function plainly(text: string, limit = SHOWN_CHARACTERS): string {
  return text.slice(0, limit).replace(new RegExp(UNSEEN, "gu"), escaped);
}

function pieces(text: string, lines: boolean) {
  const unseen = lines ? UNSEEN_BUT_LINES : UNSEEN;
  if (!unseen.test(text)) return text;
  return text.split(new RegExp(`(${unseen.source})`, "u")).map((piece, index) =>
    index % 2 === 0 ? (
      piece
    ) : (
      <span key={index} class="unseen">
        {escaped(piece)}
      </span>
    ),
  );
}

function escaped(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16).toUpperCase()}}`;
}
