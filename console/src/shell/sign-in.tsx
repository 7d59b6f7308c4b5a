import { useState } from "preact/hooks";
import { messageOf } from "../api/call";
import { signIn } from "../api/session";
import { Button } from "../parts/button";
import { TextField } from "../parts/field";
import { route } from "./route";
import { Problem } from "../parts/problem";

/** The way in, for those who bring the administrator's token. */
export function SignIn({ hint }: { hint: string }) {
  const [token, setToken] = useState("");
  const [problem, setProblem] = useState("");
  const isSpent = route.value.query.get("reason") === "spent";
  const enter = async (): Promise<void> => {
    try {
      await signIn(token.trim());
      if (route.value.parts[0] === "sign-in") location.hash = "#/";
    } catch (error) {
      setProblem(messageOf(error));
    }
  };
  return (
    <main class="alone">
      <h1>Linarite</h1>
      <form
        class="panel"
        onSubmit={(event) => {
          event.preventDefault();
          void enter();
        }}
      >
        <h2>Sign in</h2>
        {isSpent && <p class="problem">The link has been used already. Sign in with the administrator's token.</p>}
        {hint && <p>{hint}</p>}
        <TextField
          label="Administrator's token"
          type="password"
          required
          autocomplete="current-password"
          value={token}
          onInput={setToken}
          hint="The text of the file administrator-token in the server's data folder."
        />
        <Problem text={problem} />
        <Button submit primary>
          Sign in
        </Button>
      </form>
    </main>
  );
}
