//! The chain's process.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::error::ChainError;
use super::options::ChainOptions;

/// What the program says once its port is open.
const LISTENING: &str = "Listening on 127.0.0.1:";
/// It says some kilobytes before that.
const LONGEST_BANNER: usize = 256 << 10;

/// How many blocks back balances can be asked for. All of them are kept in memory, some hundred kilobytes each.
const OLD_STATES: &str = "128";

/// A chain without contracts, as long as this value lives.
///
/// On Unix it also ends when our process is killed: a shell between us and it waits for the end of a pipe that only
/// we hold open. Windows has no such means without unsafe code: there a killed app leaves the chain behind.
#[derive(Debug)]
pub struct Anvil {
    rpc: String,
    child: Child,
    lifeline: Option<ChildStdin>,
    drain: JoinHandle<()>,
    /// What it writes, which it would otherwise leave in the owner's home. Gone with this value.
    folder: TempDir,
}

impl Anvil {
    /// Starts the process and waits until its port is open.
    pub async fn start(options: &ChainOptions) -> Result<Self, ChainError> {
        if !options.anvil.is_file() {
            return Err(ChainError::AnvilMissing(options.anvil.clone()));
        }
        let folder = tempfile::tempdir().map_err(|error| not_started(&error))?;
        let mut child = command(options, folder.path()).spawn().map_err(|error| not_started(&error))?;
        let lifeline = child.stdin.take();
        let mut said = child.stdout.take().expect("BUG: stdout is piped");
        let port = timeout(options.patience, port(&mut said))
            .await
            .map_err(|_| not_started(&"it did not say in time that it listens"))??;
        let rpc = format!("http://127.0.0.1:{port}");
        Ok(Self { rpc, child, lifeline, drain: tokio::spawn(drain(said)), folder })
    }

    /// Where it keeps its files.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Where it listens.
    pub fn rpc(&self) -> &str {
        &self.rpc
    }

    /// Ends the process and waits for its end.
    pub async fn shutdown(mut self, patience: Duration) {
        if cfg!(unix) {
            drop(self.lifeline.take());
            if timeout(patience, self.child.wait()).await.is_ok() {
                return;
            }
        }
        let _ = timeout(patience, self.child.kill()).await;
    }
}

impl Drop for Anvil {
    fn drop(&mut self) {
        self.drain.abort();
    }
}

fn not_started(reason: &dyn std::fmt::Display) -> ChainError {
    ChainError::DidNotStart(reason.to_string())
}

/// Starts its arguments, and kills them when our end of the pipe is closed, by whatever end we came to.
///
/// The watcher runs beside the chain, so that a chain that fails by itself is noticed at once, by the end of its output.
#[cfg(unix)]
const WATCHED: &str = r#"
exec 3<&0
"$0" "$@" </dev/null 3<&- 2>&1 & chain=$!
{ while read -r _ <&3; do :; done; kill -9 $chain; } >/dev/null 2>&1 & watcher=$!
exec >/dev/null 2>&1 3<&-
wait $chain
kill -9 $watcher
"#;

#[cfg(unix)]
fn program(options: &ChainOptions) -> Command {
    let mut command = Command::new("/bin/sh");
    command.arg("-c").arg(WATCHED).arg(&options.anvil).stdin(Stdio::piped()).env_clear();
    // Ctrl-C in a terminal goes to the whole group; the app decides when its chain ends.
    command.process_group(0);
    command
}

#[cfg(not(unix))]
fn program(options: &ChainOptions) -> Command {
    let mut command = Command::new(&options.anvil);
    // The environment stays: without it nothing starts on Windows.
    command.stdin(Stdio::null());
    #[cfg(windows)]
    command.creation_flags(0x0800_0000); // CREATE_NO_WINDOW
    command
}

fn command(options: &ChainOptions, folder: &Path) -> Command {
    let mut command = program(options);
    command
        .env("HOME", folder)
        .arg("--cache-path")
        .arg(folder)
        .args(["--host", "127.0.0.1", "--port", "0"])
        .args(["--chain-id", &options.chain_id.to_string()])
        .args(["--timestamp", &options.genesis.seconds().to_string()])
        // Then `safe` is one block behind and `finalized` two.
        .args(["--slots-in-an-epoch", "1"])
        .args(["--hardfork", "prague", "--base-fee", "5000000", "--balance", "1000000"])
        // Otherwise it writes a file per block.
        .args(["--prune-history", OLD_STATES])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    if let Some(pause) = options.block_time {
        command.args(["--mixed-mining", "--block-time", &pause.as_secs().max(1).to_string()]);
    }
    command
}

async fn port(said: &mut ChildStdout) -> Result<u16, ChainError> {
    let mut banner = Vec::new();
    while banner.len() < LONGEST_BANNER {
        if said.read_buf(&mut banner).await.map_err(|error| not_started(&error))? == 0 {
            let text = String::from_utf8_lossy(&banner).into_owned();
            let last = text.lines().rev().find(|line| !line.trim().is_empty());
            return Err(not_started(&format!("it ended: {}", last.unwrap_or("without a word"))));
        }
        if let Some(port) = port_in(&String::from_utf8_lossy(&banner)) {
            return Ok(port);
        }
    }
    Err(not_started(&"it talks without end"))
}

/// The port, once its line is complete.
fn port_in(text: &str) -> Option<u16> {
    let (port, _) = text.split_once(LISTENING)?.1.split_once('\n')?;
    port.trim_end().parse().ok()
}

/// A full pipe would stop the process.
async fn drain(mut said: impl AsyncRead + Unpin) {
    let mut nowhere = [0; 4096];
    while matches!(said.read(&mut nowhere).await, Ok(read) if read > 0) {}
}

#[cfg(test)]
mod tests {
    use super::port_in;

    #[test]
    fn a_port_counts_once_its_line_is_complete() {
        assert_eq!(port_in("Wallet\n======\nListening on 127.0.0.1:43"), None, "more digits may follow");
        assert_eq!(port_in("Wallet\nListening on 127.0.0.1:43597\n"), Some(43597));
        assert_eq!(port_in("Listening on 127.0.0.1:99999\n"), None);
    }
}
