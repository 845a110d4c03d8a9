//! Whose receipts are stored, and that a job is paid either way.

use k256::ecdsa::SigningKey;
use practice::{Account, BookRow, ChatCall, Event, Network};
use serde_json::{Value, json};
use types::{Sha256, receipt_text};

use crate::support::{Wire, ask, event, first_frame, job_id, network};
use crate::vectors::{IdentityCase, identity_case};

const TEXT: &str = "signed answer";
const MODEL: &str = "grid/fake-1";

/// An EIP-191 signature as a worker makes it, with a test-only key.
fn signed(key: &str, text: &str) -> String {
    let key = hex::decode(key.trim_start_matches("0x")).expect("hex");
    let key = SigningKey::from_slice(&key).expect("a key");
    let digest = alloy_primitives::eip191_hash_message(text);
    let (signature, recovery) = key.sign_prehash_recoverable(digest.as_slice()).expect("signs");
    format!("0x{}{:02x}", hex::encode(signature.to_bytes()), 27 + recovery.to_byte())
}

/// Serves one job with a receipt over what `what` says, and gives the job's row.
async fn served(
    network: &Network,
    account: &Account,
    wire: &mut Wire,
    (model, key): (&str, &str),
    what: impl Fn(&Value) -> String,
) -> BookRow {
    let mut events = network.events();
    let asking = ask(network, account, ChatCall::ask(model, "hi"));
    let job = wire.job().await;
    wire.token(&job, TEXT).await;
    let worker_sig = signed(key, &what(&job));
    wire.send(json!({"type": "done", "id": job["id"], "full_text": TEXT, "worker_sig": worker_sig})).await;
    assert_eq!(wire.frame().await["den"], 0.1, "signed or not, the job is paid");
    asking.await.expect("asked");
    let row = network.books().row(&job_id(&job)).expect("a row").clone();
    let settled = event(&mut events, |event| matches!(event, Event::JobSettled { .. })).await;
    let Event::JobSettled { signed, .. } = settled else { unreachable!("it was just matched") };
    assert_eq!(signed, row.signed());
    assert!(row.worker_sig.as_ref().is_none_or(|stored| *stored == worker_sig), "stored as it came");
    row
}

fn receipt(job: &Value) -> String {
    receipt_text(&job_id(job), Sha256::of(TEXT))
}

async fn delegated(network: &Network, case: &IdentityCase) -> (Account, Wire) {
    let account = network.open_account(Some(case.wallet));
    // The proof is bound to what it names, so this worker registers just that.
    let first = json!({"apikey": account.api_key.expose(), "name": case.name, "models": case.models,
        "bridge_agent": case.bridge_agent, "worker_identity": case.proof});
    let (wire, _) = Wire::ready(network, first).await;
    (account, wire)
}

#[tokio::test]
async fn without_a_delegation_the_payout_wallet_signs() {
    let (network, _) = network().await;
    let case = identity_case();
    let account = network.open_account(Some(case.wallet));
    let (mut wire, _) = Wire::ready(&network, first_frame(&account.api_key, "rig")).await;
    let row = served(&network, &account, &mut wire, (MODEL, &case.wallet_key), receipt).await;
    assert!(row.signed());
    assert_eq!(row.result_hash, Some(Sha256::of(TEXT)));
    let row = served(&network, &account, &mut wire, (MODEL, &case.rig_key), receipt).await;
    assert!(!row.signed(), "a rig key nobody delegated to does not count");
    let row =
        served(&network, &account, &mut wire, (MODEL, &case.wallet_key), |job| receipt(job) + " ").await;
    assert!(!row.signed(), "another text is another receipt");
    let old = |job: &Value| receipt(job).replace("aipg-job:", "aipg-receipt:v1:");
    let row = served(&network, &account, &mut wire, (MODEL, &case.wallet_key), old).await;
    assert!(!row.signed(), "the older form is not read");
}

#[tokio::test]
async fn with_a_delegation_only_the_rig_key_signs() {
    let (network, _) = network().await;
    let case = identity_case();
    let (account, mut wire) = delegated(&network, &case).await;
    let model = case.models[0].as_str().expect("a model");
    let row = served(&network, &account, &mut wire, (model, &case.rig_key), receipt).await;
    assert!(row.signed());
    assert_eq!(row.wallet, Some(case.wallet), "who is paid does not change");
    let row = served(&network, &account, &mut wire, (model, &case.wallet_key), receipt).await;
    assert!(!row.signed(), "the delegated key supersedes the wallet");
}

#[tokio::test]
async fn an_account_without_a_wallet_has_no_signer() {
    let (network, _) = network().await;
    let case = identity_case();
    let account = network.open_account(None);
    let (mut wire, _) = Wire::ready(&network, first_frame(&account.api_key, "rig")).await;
    let row = served(&network, &account, &mut wire, (MODEL, &case.wallet_key), receipt).await;
    assert_eq!((row.signed(), row.wallet), (false, None));
}
