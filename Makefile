# FlowPBX. `make` lists the targets.

.DEFAULT_GOAL := help
.PHONY: help run test lint unit editors e2e build wasm wasm-test bench fuzz mutants fmt update clean

DATA ?= data
FUZZ_SECONDS ?= 120
SHARD ?=
# Where cargo leaves what it builds.
DEBUG = $(abspath $(or $(CARGO_TARGET_DIR),target))/debug

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z][a-z0-9-]*:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## build FlowPBX and start it with the sample office (data in ./data)
	@.ci/setup build
	cargo build --locked --release -p flowpbx -p flowc
	@exec target/release/flowpbx --data-dir $(DATA) --office examples/office

test: ## everything that CI checks
	@.ci/setup test
	@$(MAKE) --no-print-directory lint unit editors wasm-test e2e

lint: ## formatting and lints
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings

unit: ## all tests that need no other program than Node
	cargo test --locked --workspace --exclude flow-tests
	cargo test --locked -p flow-tests --lib --test house --test calls --test sim --test prompts

e2e: ## real SIP clients against the real binary
	cargo build --locked -p flowpbx -p flowc
	cargo test --locked -p flow-tests --lib -- --ignored --test-threads=1
	cargo test --locked -p flow-tests --test e2e --test crash -- --test-threads=1

editors: ## the VS Code extension, the Neovim plugin with the real language server, and Zed's part of it (needs Node and Neovim)
	cargo build --locked -p flow-lsp
	cargo build --locked -p tree-sitter-flow --example leaves
	cargo clippy --locked --manifest-path lsp/editors/zed/Cargo.toml --target-dir $(DEBUG)/../zed -- -D warnings
	cd lsp/editors/vscode && npm ci --ignore-scripts --no-audit --no-fund && npm run check && npm run build
	cd lsp/editors/vscode && FLOW_LSP=$(DEBUG)/flow-lsp LEAVES=$(DEBUG)/examples/leaves npm test
	FLOW_LSP=$(DEBUG)/flow-lsp nvim --headless -u NONE -i NONE -n -c 'luafile lsp/editors/neovim/test/lsp.lua' </dev/null

build: ## release binaries: target/release/flowpbx, flowc and flow-lsp
	@.ci/setup build
	cargo build --locked --release -p flowpbx -p flowc -p flow-lsp

wasm: ## the compiler for Node and browsers, and the playground: target/wasm
	@.ci/setup wasm
	compiler/wasm/build

wasm-test: wasm ## the wasm package in Node (all cases as natively) and the playground in Chromium
	node --test compiler/wasm/tests/*.test.mjs

bench: ## figures beside the peers' (needs rtpengine and sipp; installed when missing)
	@.ci/setup bench
	cargo bench --locked -p flow-vm --bench step
	cargo bench --locked -p flow-compiler --bench compile
	$(MAKE) --no-print-directory wasm
	node compiler/wasm/bench.mjs
	cargo bench --locked -p flow-lsp --bench edit
	cargo bench --locked -p flow-sip --bench messages
	cargo bench --locked -p flowpbx --bench relay
	cargo build --locked --release -p flowpbx
	cargo bench --locked -p flow-tests --bench calls

fuzz: ## look for crashes in what reads files, FUZZ_SECONDS for each reader (needs nightly Rust and cargo-fuzz)
	@command -v cargo-fuzz >/dev/null || { echo "cargo-fuzz is missing; install it with: cargo install cargo-fuzz"; exit 1; }
	cd compiler && cargo +nightly fuzz run text -- -max_total_time=$(FUZZ_SECONDS)
	cd compiler && cargo +nightly fuzz run json -- -max_total_time=$(FUZZ_SECONDS)
	cd compiler && cargo +nightly fuzz run expression -- -max_total_time=$(FUZZ_SECONDS)
	cd vm && cargo +nightly fuzz run trace -- -max_total_time=$(FUZZ_SECONDS)
	cd vm && cargo +nightly fuzz run bytecode -- -max_total_time=$(FUZZ_SECONDS)
	cd vm && cargo +nightly fuzz run machine -- -max_total_time=$(FUZZ_SECONDS)

mutants: ## change checks, lowering and `flowc diff` in 1500 small ways and tell what no test notices (hours; needs cargo-mutants; a part: SHARD=0/8)
	@command -v cargo-mutants >/dev/null || { echo "cargo-mutants is missing; install it with: cargo install --locked cargo-mutants"; exit 1; }
	CARGO_PROFILE_DEV_DEBUG=0 CARGO_PROFILE_TEST_DEBUG=0 cargo mutants --package flow-compiler --output target \
		--file 'compiler/src/check/**' --file compiler/src/check.rs --file compiler/src/lower.rs --file 'compiler/src/lower/**' \
		--file compiler/src/library.rs --file compiler/src/diff.rs --file 'compiler/src/diff/**' \
		$(if $(SHARD),--shard $(SHARD)) -- --lib --test cases --test fixes --test office --test canvas

fmt: ## format the code and the example flows
	cargo fmt --all
	cargo run --quiet -p flowc -- fmt examples

update: ## rewrite generated files and expectations
	UPDATE=1 cargo test --locked -p flow-vm -p flow-compiler -p flowc -p flow-lsp -p flow-wasm
	UPDATE=1 cargo test --locked -p flow-tests --test house
	UPDATE=1 cargo test --locked -p tree-sitter-flow

clean: ## remove build products (never the data)
	cargo clean
