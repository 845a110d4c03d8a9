//! From broadcast to final, and back again.

use chain::{ChainError, Fate, Happened, Mined, Outcome, PayoutProof, Revert, outcome_of};
use serde_json::json;
use types::{Address, Aipg, B256, Call, Intent, RegistryVersion, Stage, U256, Wei};

use crate::anvil::{Anvil, GRID, TOKEN};

const SOMEBODY: Address = Address::repeat_byte(0x99);

fn payment() -> Intent {
    Intent::SendEth { to: SOMEBODY, amount: Wei::from_base(U256::from(5)) }
}

fn mined(fate: Fate) -> Mined {
    match fate {
        Fate::Mined(mined) => mined,
        other => panic!("not mined: {other:?}"),
    }
}

#[tokio::test]
async fn a_payment_is_unknown_then_pending_then_seen_then_safe_then_final() {
    let anvil = Anvil::start().await;
    let (chain, wallet) = (anvil.chain(), anvil.wallet(0x11).await);
    let signed = wallet.sign(payment(), 0);
    assert_eq!(chain.fate(signed.hash).await, Ok(Fate::Unknown));
    chain.broadcast(&signed.raw).await.expect("taken");
    assert_eq!(chain.fate(signed.hash).await, Ok(Fate::Pending));
    anvil.mine(1).await;
    let receipt = mined(chain.fate(signed.hash).await.expect("a fate"));
    assert!(receipt.success && receipt.gas_used == 21_000 && receipt.l1_fee.is_none(), "{receipt:?}");
    assert_eq!(receipt.fee().base(), U256::from(21_000) * U256::from(receipt.effective_gas_price));
    for stage in [Stage::Seen, Stage::Safe, Stage::Final] {
        assert_eq!(chain.stage_of(&receipt).await, Ok(Some(stage)));
        anvil.mine(1).await;
    }
    let outcome = outcome_of(&payment(), &receipt, chain.network(), wallet.address(), RegistryVersion::V1);
    assert!(matches!(outcome, Outcome::AsPlanned(Happened::SentEth { to: SOMEBODY, .. })), "{outcome:?}");
}

#[tokio::test]
async fn a_reorganisation_takes_a_receipt_back() {
    let anvil = Anvil::start().await;
    let (chain, wallet) = (anvil.chain(), anvil.wallet(0x11).await);
    anvil.mine(3).await;
    let signed = wallet.sign(payment(), 0);
    chain.broadcast(&signed.raw).await.expect("taken");
    anvil.mine(1).await;
    let receipt = mined(chain.fate(signed.hash).await.expect("a fate"));
    assert_eq!(chain.stage_of(&receipt).await, Ok(Some(Stage::Seen)));
    anvil.rpc("anvil_reorg", json!([1, []])).await;
    assert_eq!(chain.stage_of(&receipt).await, Ok(None), "another block is at that height");
    assert_eq!(chain.fate(signed.hash).await, Ok(Fate::Unknown));
    // The same bytes can be sent again.
    chain.broadcast(&signed.raw).await.expect("taken");
    anvil.mine(1).await;
    let again = mined(chain.fate(signed.hash).await.expect("a fate"));
    assert_ne!(again.block_hash, receipt.block_hash);
}

#[tokio::test]
async fn a_refusal_is_known_before_signing_and_a_refused_transaction_is_told_as_one() {
    let anvil = Anvil::start().await;
    let (chain, wallet) = (anvil.chain(), anvil.wallet(0x11).await);
    anvil.set_code(GRID, "0x60006000fd").await;
    let call = Intent::Unbond.call(chain.network());
    let refused = ChainError::Reverts(Revert::Empty);
    // A node may leave an empty reason out altogether.
    let silent = ChainError::Reverts(Revert::NotGiven);
    let simulated = chain.simulate(wallet.address(), &call).await.expect_err("refused");
    assert!(simulated == refused || simulated == silent, "{simulated:?}");
    let estimated = chain.estimate(wallet.address(), &call).await.expect_err("refused");
    assert!(estimated == refused || estimated == silent, "{estimated:?}");
    let signed = wallet.sign(Intent::Unbond, 0);
    chain.broadcast(&signed.raw).await.expect("taken");
    anvil.mine(1).await;
    let receipt = mined(chain.fate(signed.hash).await.expect("a fate"));
    let outcome =
        outcome_of(&Intent::Unbond, &receipt, chain.network(), wallet.address(), RegistryVersion::V1);
    assert_eq!(outcome, Outcome::Reverted);
}

#[tokio::test]
async fn what_a_contract_says_when_it_refuses_reaches_us_word_for_word() {
    let anvil = Anvil::start().await;
    let (chain, wallet) = (anvil.chain(), anvil.wallet(0x11).await);
    // Copies the refusal that follows the code into memory and reverts with it.
    let refusal =
        format!("08c379a0{:064x}{:064x}{:0<64}", 32, 22, alloy::hex::encode("WorkerRegistry: paused"));
    anvil.set_code(GRID, &format!("0x6064600c60003960646000fd{refusal}")).await;
    let call = Intent::Unbond.call(chain.network());
    for error in [
        chain.simulate(wallet.address(), &call).await.expect_err("refused"),
        chain.estimate(wallet.address(), &call).await.expect_err("refused"),
    ] {
        let ChainError::Reverts(revert) = error else { panic!("{error:?}") };
        assert_eq!(revert.kind().map(|kind| kind.name()), Some("grid_paused"));
    }
    let payment = payment().call(chain.network());
    assert_eq!(chain.estimate(wallet.address(), &payment).await, Ok(21_000));
    let nothing: Call = payment;
    assert!(chain.simulate(wallet.address(), &nothing).await.expect("nobody objects").is_empty());
}

#[tokio::test]
async fn the_fee_of_l1_is_told_or_said_to_be_missing() {
    let anvil = Anvil::start().await;
    let chain = anvil.chain();
    assert_eq!(chain.l1_fee(180, 50_000).await, Ok(None), "no oracle: not included, not zero");
    let oracle: Address = "0x420000000000000000000000000000000000000F".parse().expect("an address");
    let wei = |amount: u64| Wei::from_base(U256::from(amount));
    // Answers 1000 to everything.
    anvil.set_code(oracle, "0x6103e860005260206000f3").await;
    let fee = chain.l1_fee(180, 50_000).await.expect("an answer").expect("a fee");
    assert_eq!((fee.data, fee.operator, fee.total()), (wei(1000), wei(1000), wei(2000)));
    // Answers 1000 to getL1FeeUpperBound and refuses everything else, as an oracle without operator fee does.
    anvil.set_code(oracle, "0x60003560e01c63f1c7a58b1460145760006000fd5b6103e860005260206000f3").await;
    let fee = chain.l1_fee(180, 50_000).await.expect("an answer").expect("a fee");
    assert_eq!((fee.data, fee.operator), (wei(1000), Wei::ZERO));
    anvil.set_code(oracle, "0x00").await;
    let error = chain.l1_fee(180, 50_000).await.expect_err("a contract that says nothing");
    assert_eq!(error, ChainError::Empty("getL1FeeUpperBound(uint256)"));
}

#[tokio::test]
async fn a_payout_is_proved_by_the_tokens_own_log() {
    let anvil = Anvil::start().await;
    let (chain, wallet) = (anvil.chain(), anvil.wallet(0x11).await);
    // Logs Transfer(caller, first argument, second argument): PUSH 36 CALLDATALOAD, MSTORE at 0, then LOG3.
    let transfer = "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef";
    anvil.set_code(TOKEN, &format!("0x602435600052600435337f{transfer}60206000a300")).await;
    let amount = Aipg::from_payout(156.2475).expect("an amount");
    let signed = wallet.sign(Intent::SendAipg { to: SOMEBODY, amount }, 0);
    assert_eq!(chain.payout(signed.hash, SOMEBODY, amount).await, Ok(PayoutProof::NotFound));
    chain.broadcast(&signed.raw).await.expect("taken");
    anvil.mine(1).await;
    let proof = chain.payout(signed.hash, SOMEBODY, amount).await.expect("an answer");
    assert!(matches!(proof, PayoutProof::Paid { from, .. } if from == wallet.address()), "{proof:?}");
    let exact = Aipg::parse("156.2475").expect("an amount");
    assert_eq!(
        chain.payout(signed.hash, SOMEBODY, exact).await,
        Ok(PayoutProof::Mismatch),
        "to the last unit"
    );
    assert_eq!(chain.payout(signed.hash, TOKEN, amount).await, Ok(PayoutProof::Mismatch));
    assert_eq!(chain.payout(B256::ZERO, SOMEBODY, amount).await, Ok(PayoutProof::NotFound));
}
