# What people do with this project. `just` lists it; CONTRIBUTING.md says when to use what.

[private]
default:
    @just --list --unsorted

# Form, lints and the quickest tests: before every commit, in less than two minutes.
check: lint
    cargo test --quiet --lib --test house --test golden --test check

# Form and lints, and the tests of `refresh`.
lint:
    cargo fmt --all --check
    cargo clippy --quiet --all-targets -- -D warnings
    cargo clippy --quiet --package refresh --all-targets -- -D warnings
    cargo test --quiet --package refresh

# All tests; one whose program is missing is skipped.
test:
    cargo test

# The documentation, with private items, and without a warning.
doc:
    RUSTDOCFLAGS="-D warnings" cargo doc --quiet --no-deps --document-private-items

# The library without the command line, its example, and the other systems that it compiles for.
targets:
    cargo clippy --quiet --lib --no-default-features -- -D warnings
    cargo run --quiet --no-default-features --example render_and_check
    tests/targets

# What `online`, `peers`, `buildkit` and `farm` are compiled with: the same, so that the library is compiled once for all.
features := "online,peer"

# Asking registries: docker-registry of Debian with images that skopeo pushes, and servers that misbehave.
online:
    cargo clippy --quiet --all-targets --features {{features}} -- -D warnings
    cargo test --features {{features}} --lib oci::
    cargo test --features {{features}} --doc oci
    cargo test --features {{features}} --test online
    cargo test --features {{features}} --test files e09

# The tests that run on Windows, under wine.
windows:
    tests/windows/run

# The recipes of CONTRIBUTING.md on a copy, and the slow tests with the optimised program.
thorough:
    cargo test --test recipes -- --ignored
    cargo test --release --test check hostile
    cargo test --release --test hostile_templates --test hostile_registries --test fleets --test files --test tar_hostile --test project
    DTPL_TAR_CASES=${DTPL_TAR_CASES:-10000} cargo test --release --test tar_readers -- --nocapture
    DTPL_FUZZ_CASES=${DTPL_FUZZ_CASES:-10000000} cargo test --release --test dockerfile fuzz -- --nocapture
    DTPL_KILLS=${DTPL_KILLS:-50} cargo test --release --test tree_kill -- --nocapture

# The comparisons with the balena builder, docker buildx bake and Docker engines.
peers:
    . .ci/tools && cargo test --features {{features}} --test peer -- --nocapture
    . .ci/tools && cargo test --features {{features}} --test bake -- --nocapture
    cargo test --test engine -- --ignored --nocapture

# What others use in CI: the GitHub action, workflows, hooks of pre-commit, manifests, presets of Renovate.
ci-files:
    . .ci/tools && . .ci/ci-files-tools && cargo test --test ci_files -- --include-ignored --skip compiled

# The step of the action that compiles dtpl, as a workflow runs it: some minutes.
ci-action:
    cargo test --test ci_files -- --ignored compiled

# Projects that were migrated, built and started on stand-ins for official images: a sample, or DTPL_MIGRATED=all.
migrated:
    cargo test --test migrated -- --ignored --nocapture

# The table of Debian's packages beside apt of bookworm and trixie: makes two systems with debootstrap, as root.
packages:
    cargo test --lib apt_finds -- --ignored --nocapture

# What docker compose and balena read from compose files, beside what dtpl does; DTPL_COMPOSE_CASES is how many.
compose:
    . .ci/tools && cargo test --test compose -- --ignored --nocapture --test-threads 1

# What a current Docker engine refuses and fetches, beside what dtpl says, and a locked project on it; after `peers`, which installs an old one.
buildkit:
    cargo test --features {{features}} --test buildkit -- --ignored --nocapture --test-threads 1

# A build farm on this machine: two engines as workers and a registry, with a part of the project; DTPL_FARM=all is the whole.
farm:
    cargo test --features {{features}} --test farm -- --ignored --nocapture --test-threads 1

# What the program for x86_64 runs and how often, for `dist`: before a release, and after an update of rustc.
profile:
    packaging/profile

# The programs to download, in dist/, and a run of each.
dist:
    packaging/dist

# The same in less time, for CI: the program that `bench` measures as it is in a release, the others not optimised. Of the two for 32-bit ARM it is the one for older processors, which the newer ones run as well.
dist-sample:
    packaging/dist x86_64-unknown-linux-musl
    DTPL_PROFILE=dev packaging/dist aarch64-unknown-linux-musl arm-unknown-linux-musleabihf x86_64-pc-windows-gnu

# Speed beside other programs, in ratios; DTPL_BENCH_RUNS is how often the longer ones are run.
bench:
    benches/render
    . .ci/tools && benches/resolve ${DTPL_BENCH_RUNS:-15}
    . .ci/tools && benches/batch ${DTPL_BENCH_RUNS:-11}
    benches/check
    cargo bench --quiet --bench rows

# Everything that CI runs.
full:
    .ci/run
