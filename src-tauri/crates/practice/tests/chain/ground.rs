//! What these tests stand on.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::time::Duration;

use practice::chain::ChainOptions;
use types::{RegistryVersion, Timestamp};

pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// The program lies where the chores put it, or where `ANVIL` says.
pub(crate) fn anvil() -> PathBuf {
    let usual = || {
        let name = format!("anvil{}", std::env::consts::EXE_SUFFIX);
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../target/anvil").join(name)
    };
    let anvil = std::env::var_os("ANVIL").map_or_else(usual, PathBuf::from);
    assert!(anvil.is_file(), "anvil is not at {}: run cargo xtask test", anvil.display());
    anvil
}

pub(crate) fn options(registry: RegistryVersion) -> ChainOptions {
    ChainOptions {
        anvil: anvil(),
        registry,
        chain_id: 31337,
        genesis: Timestamp::from_millis(1_790_000_000_000),
        block_time: Some(Duration::from_secs(1)),
        patience: PATIENCE,
    }
}

pub(crate) async fn in_time<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what).await.expect("in time")
}
