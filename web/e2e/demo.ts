// Starts real nodes for the browser tests: `parley demo --until alert --hold
// --json` plays the last run up to its first alert and then prints, one JSON
// object a line, {"event":"console","party","officer","url"} for each party and
// {"event":"ready"}. Each url works once and is signed on already. The nodes end
// when their standard input closes. Other events and fields are passed over.
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export interface Desk { party: string; officer: string; url: string }

export class Demo {
  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
    readonly desks: Map<string, Desk>,
  ) {}

  static async start(): Promise<Demo> {
    const bin = process.env["PARLEY_BIN"] ?? fileURLToPath(new URL("../../bin/parley", import.meta.url));
    const folder = mkdtempSync(join(tmpdir(), "parley-e2e-"));
    const child = spawn(bin, ["demo", "--until", "alert", "--hold", "--json", "--out", folder], { stdio: ["pipe", "pipe", "pipe"] });
    const desks = new Map<string, Desk>();
    let said = "";
    child.stderr.on("data", (b: Buffer) => (said = (said + b.toString()).slice(-4000)));
    await new Promise<void>((ready, fail) => {
      const late = setTimeout(() => fail(new Error(`parley demo was not ready within 90 s: ${said}`)), 90_000);
      child.once("error", (e) => fail(new Error(`couldn't start ${bin}: ${e.message}`)));
      child.once("exit", (code) => fail(new Error(`parley demo ended with ${code}: ${said}`)));
      createInterface({ input: child.stdout }).on("line", (line) => {
        let e: Partial<Desk> & { event?: string };
        try {
          e = JSON.parse(line) as typeof e;
        } catch {
          return;
        }
        if (e.event === "console" && e.party && e.url) desks.set(e.party, { party: e.party, officer: e.officer ?? "", url: e.url });
        if (e.event === "ready") {
          clearTimeout(late);
          ready();
        }
      });
    }).catch((e) => {
      child.kill();
      throw e;
    });
    return new Demo(child, folder, desks);
  }

  desk(party: string): Desk {
    const d = this.desks.get(party);
    if (!d) throw new Error(`parley demo printed no console of ${party}, only of ${[...this.desks.keys()].join(", ")}`);
    return d;
  }

  // The passphrase that all officers of the evening have.
  passphrase(): string {
    return readFileSync(join(this.folder, "with-parley", "passphrase"), "utf8").trim();
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null) {
      const gone = new Promise((r) => this.child.once("exit", r));
      this.child.stdin?.end();
      const hard = setTimeout(() => this.child.kill("SIGKILL"), 15_000);
      await gone;
      clearTimeout(hard);
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}
