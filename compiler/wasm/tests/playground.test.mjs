// The playground in Chromium, as somebody uses it: a slip is found and cured by a click, a call goes through the menu
// by the key pad, the tests run; on a wide page and on a phone, in light and dark. Pictures go to target/wasm/shots.
import assert from "node:assert/strict";
import { createReadStream, existsSync, mkdirSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import { built } from "./module.mjs";

const folder = join(built, "playground");
const shots = join(built, "shots");
const executablePath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".wasm": "application/wasm" };
/** As strict as it gets for a page that compiles wasm. */
const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

let server;
let browser;
let address;

before(async () => {
  assert.ok(executablePath, "Chromium is missing; install it with: apt-get install -y chromium");
  mkdirSync(shots, { recursive: true });
  server = createServer((request, response) => {
    const path = normalize(new URL(request.url, "http://x").pathname).replace(/\/$/, "/index.html");
    const stream = createReadStream(join(folder, path));
    stream.once("error", () => response.writeHead(404).end());
    stream.once("open", () => {
      const type = TYPES[extname(path)] ?? "application/octet-stream";
      response.writeHead(200, { "content-type": type, "content-security-policy": POLICY, "x-content-type-options": "nosniff" });
      stream.pipe(response);
    });
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  address = `http://127.0.0.1:${server.address().port}/`;
  const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"];
  browser = await chromium.launch({ executablePath, args: [...args, "--disable-background-networking", "--disable-component-update", "--disable-sync"] });
});

after(async () => {
  await browser?.close();
  server?.close();
});

/** A fresh page; what it complains of is a failure. */
async function open(options) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: "reduce", ...options });
  const page = await context.newPage();
  const complaints = [];
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.goto(address);
  await page.waitForSelector("body[data-ready]");
  return { page, complaints, shot: (name) => page.screenshot({ path: join(shots, `${name}.png`) }) };
}

/** Puts the cursor behind a word of the text and types. */
async function misspell(page) {
  await page.getByRole("tab", { name: "main.flow" }).click();
  const line = page.locator(".cm-line", { hasText: "timeout -> night" }).first();
  await line.click({ position: { x: 4, y: 8 } });
  await page.keyboard.press("Home");
  await page.keyboard.press("Delete");
}

test("a slip is seen at once and cured by a click", async () => {
  const { page, complaints, shot } = await open();
  await page.getByRole("heading", { name: "Nothing is wrong" }).waitFor();
  await shot("empty-findings");
  await misspell(page);
  const fix = page.getByRole("button", { name: "Write `timeout`" });
  await fix.waitFor();
  const finding = page.locator("#findings li.error").first();
  assert.match(await finding.innerText(), /F103[\s\S]*imeout/);
  assert.match(await page.locator('g[data-node="menu"]').getAttribute("aria-label"), /error: /);
  await shot("finding");
  await page.getByText("What does that mean?").first().click();
  await fix.click();
  await page.getByRole("heading", { name: "Nothing is wrong" }).waitFor();
  assert.equal(await page.locator(".cm-line", { hasText: "timeout -> night" }).count(), 1);
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test("a finding is there in the first frame after the key", async () => {
  const { page } = await open();
  await page.getByRole("heading", { name: "Nothing is wrong" }).waitFor();
  const seen = await page.evaluate(
    () =>
      new Promise((done) => {
        const content = document.querySelector("#editor").shadowRoot.querySelector(".cm-content");
        const findings = document.querySelector("#findings");
        content.focus();
        document.execCommand("insertText", false, "x");
        // The editor has read the key when its observer, called before this, is done, and the page has asked for its frame.
        // So the page's turn in that frame comes before this one; painting comes after both.
        queueMicrotask(() =>
          requestAnimationFrame((frame) => done({ text: findings.textContent, work: performance.now() - frame })),
        );
      }),
  );
  assert.match(seen.text, /error F\d+/);
  console.log(`the first frame after the key: ${seen.work.toFixed(1)} ms until the finding is in the page`);
  await page.context().close();
});

test("a call goes through the menu by the key pad, with the keyboard alone", async () => {
  const { page, complaints, shot } = await open();
  await page.keyboard.press("Alt+4");
  await shot("empty-call");
  await page.locator("#dial").press("Enter");
  const now = page.locator("#call .now");
  await now.getByText("Welcome to the Harbour Office", { exact: false }).waitFor();
  assert.equal(await page.locator("g.current").getAttribute("data-node"), "menu");
  await shot("call-menu");
  assert.ok(await page.getByRole("group", { name: "Key pad" }).getByRole("button", { name: "2" }).isEnabled());
  await page.keyboard.press("2");
  await page.getByRole("button", { name: "Let it ring" }).waitFor();
  assert.equal(await page.locator("g.current").getAttribute("data-node"), "ann");
  assert.ok(await page.getByRole("group", { name: "Key pad" }).getByRole("button", { name: "2" }).isDisabled());
  await page.getByRole("button", { name: "Let it ring" }).press("Enter");
  await page.getByRole("button", { name: "Leave a message" }).press("Enter");
  await now.getByText("The call is over: hangup normal.").waitFor();
  assert.match(await page.locator("#call .log").innerText(), /Sales mailbox/);
  assert.equal(await page.locator("g.visited").count(), 6);
  await shot("call-over");
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test("at night callers hear that nobody is there, and can hang up", async () => {
  const { page } = await open();
  await page.getByRole("tab", { name: "Call" }).click();
  await page.getByLabel("When").fill("2026-03-01T23:30");
  await page.getByRole("button", { name: "Call", exact: true }).click();
  assert.equal(await page.locator("g.current").getAttribute("data-node"), "closed");
  await page.getByRole("button", { name: "Hang up" }).click();
  await page.locator("#call .now").getByText("You hung up.").waitFor();
  await page.context().close();
});

test("tests run, and one that fails says why", async () => {
  const { page, complaints, shot } = await open();
  await page.getByRole("tab", { name: "Tests", exact: false }).last().click();
  await page.getByRole("button", { name: "Run tests" }).click();
  assert.match(await page.locator("#summary").innerText(), /^[1-9]\d* passed, 0 failed$/);
  await shot("tests");
  await page.getByRole("tab", { name: "main.flow" }).click();
  await page.locator(".cm-line", { hasText: '1 "Sales" -> sales' }).click();
  await page.keyboard.press("End");
  for (const _ of "sales") await page.keyboard.press("Backspace");
  await page.keyboard.type("ben");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Run tests" }).click();
  assert.match(await page.locator("#summary").innerText(), /[1-9]\d* failed$/);
  await page.getByText("The whole call").first().click();
  await shot("test-failed");
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test("an empty page teaches, and what was written is there the next time", async () => {
  const { page, complaints, shot } = await open();
  for (const file of ["main.flow", "office.flow", "tests.flow"]) {
    await page.getByRole("tab", { name: file }).click();
    await page.locator(".cm-content").click();
    await page.keyboard.press("Control+a");
    await page.keyboard.press("Delete");
  }
  await page.getByRole("button", { name: "Begin with a small flow" }).waitFor();
  await page.getByRole("tab", { name: "Call" }).click();
  await shot("nothing");
  await page.getByRole("button", { name: "Begin with a small flow" }).click();
  await page.locator('g[data-node="hello"]').waitFor();
  await page.reload();
  await page.locator('g[data-node="hello"]').waitFor();
  await page.getByRole("button", { name: "Start over" }).click();
  await page.locator('g[data-node="menu"]').waitFor();
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test("a dark page is dark", async () => {
  const { page, complaints, shot } = await open({ colorScheme: "dark" });
  await misspell(page);
  await page.getByRole("button", { name: "Write `timeout`" }).waitFor();
  await shot("dark");
  const paper = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  assert.equal(paper, "rgb(22, 24, 29)");
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test("on a phone one panel is seen at a time, and nothing is cut off", async () => {
  const { page, complaints, shot } = await open({ viewport: { width: 390, height: 760 }, hasTouch: true, isMobile: true });
  await shot("phone-text");
  await page.getByRole("tab", { name: "Drawing" }).tap();
  await page.locator('g[data-node="menu"]').waitFor();
  await shot("phone-drawing");
  await page.getByRole("tab", { name: "Call" }).tap();
  await page.getByRole("button", { name: "Call", exact: true }).tap();
  await page.getByRole("button", { name: "2", exact: true }).tap();
  await page.getByRole("button", { name: "Answer the phone" }).waitFor();
  await shot("phone-call");
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(wide <= 0, `${wide} px are cut off`);
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test("everything that can be pressed has a name", async () => {
  const { page } = await open();
  for (const panel of ["findings", "call", "tests"]) {
    await page.locator(`#tab-${panel}`).click();
    const nameless = await page.evaluate(() =>
      [...document.querySelectorAll("button, input, select, [role=tab]")]
        .filter((e) => e.offsetParent && !(e.textContent.trim() || e.ariaLabel || e.labels?.length))
        .map((e) => e.outerHTML),
    );
    assert.deepEqual(nameless, []);
  }
  const nodes = await page.locator("g[data-node]").evaluateAll((all) => all.map((node) => node.ariaLabel));
  assert.ok(nodes.length > 5 && nodes.every(Boolean), String(nodes));
  await page.context().close();
});
