//! A real anvil for each test, gone with it.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use alloy::consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy::eips::Encodable2718;
use alloy::primitives::{TxKind, keccak256};
use alloy::signers::SignerSync;
use alloy::signers::local::PrivateKeySigner;
use chain::{Chain, Patience, RpcEndpoint};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio_rustls::rustls;
use types::{Address, B256, Intent, Network, SignedTransaction, Transaction};

pub(crate) const TOKEN: Address = Address::repeat_byte(0xaa);
pub(crate) const GRID: Address = Address::repeat_byte(0xbb);
pub(crate) const CHAIN_ID: u64 = 31337;

/// A client for this computer: it speaks no TLS, and looks for no roots.
fn plain_http() -> reqwest::Client {
    let ring = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(ring).with_safe_default_protocol_versions();
    let config = config.expect("the usual versions").with_root_certificates(rustls::RootCertStore::empty());
    let builder =
        reqwest::Client::builder().no_proxy().tls_backend_preconfigured(config.with_no_client_auth());
    builder.build().expect("a client")
}

/// Where anvil is: named by `ANVIL`, else where the chores put it.
fn program() -> PathBuf {
    if let Some(given) = std::env::var_os("ANVIL") {
        let given = PathBuf::from(given);
        assert!(given.is_file(), "ANVIL names {}, which is not there", given.display());
        return given;
    }
    let name = format!("anvil{}", std::env::consts::EXE_SUFFIX);
    let own = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../target/anvil")).join(name);
    assert!(own.is_file(), "no anvil at {}: `cargo xtask setup` installs it", own.display());
    own
}

pub(crate) struct Anvil {
    url: String,
    http: reqwest::Client,
    _process: Child,
    _home: tempfile::TempDir,
}

impl Anvil {
    /// Starts one that mines when told to.
    pub(crate) async fn start() -> Self {
        // Its own, or a reorganisation makes it keep files in the home of whoever tests.
        let home = tempfile::tempdir().expect("a folder");
        let mut process = Command::new(program())
            .args(["--host", "127.0.0.1", "--port", "0", "--slots-in-an-epoch", "1", "--no-mining"])
            .args(["--chain-id", &CHAIN_ID.to_string(), "--accounts", "1", "--cache-path"])
            .arg(home.path())
            .env("HOME", home.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("anvil starts");
        let mut lines = BufReader::new(process.stdout.take().expect("a pipe")).lines();
        let listening = async {
            while let Some(line) = lines.next_line().await.expect("readable output") {
                if let Some(address) = line.strip_prefix("Listening on ") {
                    return format!("http://{address}");
                }
            }
            panic!("anvil ended before it listened");
        };
        let url =
            tokio::time::timeout(Duration::from_secs(60), listening).await.expect("anvil listens in time");
        // It would stop at a full pipe.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let http = plain_http();
        Self { url, http, _process: process, _home: home }
    }

    pub(crate) fn chain(&self) -> Chain {
        self.chain_of(CHAIN_ID)
    }

    pub(crate) fn chain_of(&self, chain_id: u64) -> Chain {
        let endpoint = RpcEndpoint::practice(&self.url).expect("loopback");
        Chain::new(&endpoint, Network::practice(chain_id, TOKEN, GRID), Patience::default())
            .expect("a client")
    }

    pub(crate) async fn rpc(&self, method: &str, params: Value) -> Value {
        let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let sent = self.http.post(&self.url).json(&request).send().await.expect("anvil answers");
        let answer: Value = sent.json().await.expect("JSON");
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].clone()
    }

    pub(crate) async fn set_code(&self, address: Address, code: &str) {
        self.rpc("anvil_setCode", json!([address, code])).await;
    }

    pub(crate) async fn mine(&self, blocks: u64) {
        self.rpc("anvil_mine", json!([format!("{blocks:#x}")])).await;
    }

    /// A key with one ETH.
    pub(crate) async fn wallet(&self, seed: u8) -> Wallet {
        let wallet = test_wallet(seed);
        self.rpc("anvil_setBalance", json!([wallet.address(), "0xde0b6b3a7640000"])).await;
        wallet
    }
}

/// A key that nobody should ever fund.
pub(crate) fn test_wallet(seed: u8) -> Wallet {
    Wallet { signer: PrivateKeySigner::from_bytes(&B256::repeat_byte(seed)).expect("a key") }
}

pub(crate) struct Wallet {
    signer: PrivateKeySigner,
}

impl Wallet {
    pub(crate) fn address(&self) -> Address {
        self.signer.address()
    }

    pub(crate) fn sign(&self, intent: Intent, nonce: u64) -> SignedTransaction {
        self.sign_for(CHAIN_ID, intent, nonce)
    }

    pub(crate) fn sign_for(&self, chain_id: u64, intent: Intent, nonce: u64) -> SignedTransaction {
        let transaction = Transaction {
            intent,
            nonce,
            gas_limit: 100_000,
            max_fee_per_gas: 10_000_000_000,
            max_priority_fee_per_gas: 1,
        };
        let call = intent.call(&Network::practice(chain_id, TOKEN, GRID));
        let unsigned = TxEip1559 {
            chain_id,
            nonce,
            gas_limit: transaction.gas_limit,
            max_fee_per_gas: transaction.max_fee_per_gas,
            max_priority_fee_per_gas: transaction.max_priority_fee_per_gas,
            to: TxKind::Call(call.to),
            value: call.value.base(),
            input: call.data,
            ..TxEip1559::default()
        };
        let signature = self.signer.sign_hash_sync(&unsigned.signature_hash()).expect("signs");
        let raw = TxEnvelope::from(unsigned.into_signed(signature)).encoded_2718();
        SignedTransaction { hash: keccak256(&raw), raw }
    }
}
