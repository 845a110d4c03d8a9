// Compiles the practice contracts into artifacts.json, or with --check fails if that file is stale.
//
// The compiler is pinned, the optimizer fixed and no metadata hash is appended, so the same sources give the same bytes
// on every machine. Only bytes are kept: the callers declare the functions they use themselves.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import solc from "solc";

const here = dirname(fileURLToPath(import.meta.url));
const artifacts = join(here, "artifacts.json");
// Placed at a fixed address without a transaction, so its runtime code is needed too.
const PLACED = "GasPriceOracle";

function sources() {
  const files = readdirSync(join(here, "src")).filter((name) => name.endsWith(".sol")).sort();
  return Object.fromEntries(files.map((name) => [name, { content: readFileSync(join(here, "src", name), "utf8") }]));
}

function compile() {
  const input = {
    language: "Solidity",
    sources: sources(),
    settings: {
      evmVersion: "cancun",
      optimizer: { enabled: true, runs: 200 },
      viaIR: true,
      metadata: { bytecodeHash: "none", appendCBOR: false },
      outputSelection: { "*": { "*": ["evm.bytecode.object", "evm.deployedBytecode.object"] } },
    },
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input)));
  const problems = output.errors ?? [];
  if (problems.length > 0) throw new Error(problems.map((problem) => problem.formattedMessage).join("\n"));
  return Object.values(output.contracts).flatMap(Object.entries);
}

function text() {
  const contracts = compile().filter(([, { evm }]) => evm.bytecode.object !== "");
  const rows = contracts.sort(([one], [two]) => (one < two ? -1 : 1)).map(([name, { evm }]) => {
    const row = { bytecode: evm.bytecode.object };
    if (name === PLACED) row.runtime = evm.deployedBytecode.object;
    return `${JSON.stringify(name)}:${JSON.stringify(row)}`;
  });
  return `{\n${rows.join(",\n")}\n}\n`;
}

const fresh = text();
if (process.argv.includes("--check")) {
  const kept = readFileSync(artifacts, "utf8").replaceAll("\r\n", "\n");
  if (kept !== fresh) {
    console.error("artifacts.json is not what the contracts compile to; run `cargo xtask contracts` and commit it");
    process.exit(1);
  }
  console.log("artifacts.json is what the contracts compile to");
} else {
  writeFileSync(artifacts, fresh);
  console.log(`wrote artifacts.json, ${fresh.length} bytes`);
}
