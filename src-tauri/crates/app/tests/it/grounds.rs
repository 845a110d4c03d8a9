//! A practice network with its money: paid by the hour, and each without the other.

use std::sync::Arc;
use std::time::Duration;

use app::Phase;
use app::money::desk::View;
use app::practice::{ChainSource, Grounds, PurseOptions};
use chain::BondState;
use tokio::time::timeout;
use types::{Aipg, RegistryVersion, SystemClock};

use crate::money::{anvil, bond, yes};
use crate::rig::{Rig, phase};

const PATIENCE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(1);

async fn open(rig: &Rig, registry: RegistryVersion) -> Grounds {
    let purse = PurseOptions::new(ChainSource::Start { anvil: anvil(), registry }, None);
    let home = rig.options().home;
    Grounds::open(&home, Some(purse), Arc::new(SystemClock)).await.expect("opens")
}

async fn view(grounds: &Grounds, what: &str, wanted: impl FnMut(&View) -> bool) -> View {
    let desk = grounds.desk().expect("there is a chain");
    let mut changes = desk.changes();
    let reached = timeout(PATIENCE, changes.wait_for(wanted)).await;
    reached.unwrap_or_else(|_| panic!("{what}: {:?}", desk.view())).expect("the desk is open").clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn work_is_estimated_then_paid_and_then_counts_as_paid_today() {
    let rig = Rig::new();
    let grounds = open(&rig, RegistryVersion::V1).await;
    let rehearsal = grounds.rehearse(rig.options()).await.expect("starts");
    phase(&rehearsal, Phase::Waiting).await;
    let before = view(&grounds, "the account is read", |view| view.earnings.is_some()).await;
    assert_eq!(before.earnings.map(|(earnings, _)| earnings.paid_today), Some(Aipg::ZERO));

    let way = async {
        rehearsal.send_job("In the beginning").await.expect("an answer");
        let estimated = view(&grounds, "the work is estimated", |view| {
            view.outlook.as_ref().is_some_and(|outlook| outlook.estimate.is_some())
        });
        let outlook = estimated.await.outlook.expect("it was waited for");
        assert!(outlook.next_payout.is_some() && !outlook.work.is_zero(), "{outlook:?}");
        let paid = view(&grounds, "it is paid", |view| {
            view.earnings.as_ref().is_some_and(|(earnings, _)| !earnings.paid_today.is_zero())
        });
        paid.await
    };
    let paid = tokio::select! {
        paid = way => paid,
        () = grounds.paydays(&rehearsal, HOUR) => unreachable!("it never ends"),
    };
    let (earnings, _) = paid.earnings.expect("it was waited for");
    assert_eq!(earnings.paid_today, Aipg::parse("208.33").expect("an amount"));
    let seen = grounds.desk().expect("there is a chain").money().look().await.expect("reads");
    assert_eq!(seen.aipg, earnings.paid, "the wallet has it");
    rehearsal.shutdown().await;
    grounds.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_engine_the_bond_can_be_put_up_and_taken_back_after_its_cooldown() {
    let rig = Rig::new();
    let grounds = open(&rig, RegistryVersion::V2).await;
    let desk = grounds.desk().expect("there is a chain").clone();
    grounds.play_money().await.expect("play money");
    let money = desk.money();
    money.fulfil(bond(), &yes(money)).await.expect("bonded");
    money.fulfil(chain::action::Wish::Unbond, &yes(money)).await.expect("leaving");
    desk.look_again();
    view(&grounds, "the cooldown is seen", |view| {
        view.seen.as_ref().is_some_and(|seen| matches!(seen.snapshot.bond, Some(BondState::Cooldown { .. })))
    })
    .await;
    grounds.skip_cooldown().await.expect("the clock moves");
    view(&grounds, "it can be withdrawn", |view| {
        view.seen
            .as_ref()
            .is_some_and(|seen| matches!(seen.snapshot.bond, Some(BondState::Withdrawable { .. })))
    })
    .await;
    grounds.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_chain_there_are_jobs_and_no_desk() {
    let rig = Rig::new();
    let absent = ChainSource::Start { anvil: "/nowhere/anvil".into(), registry: RegistryVersion::V1 };
    let purse = PurseOptions::new(absent, None);
    let grounds =
        Grounds::open(&rig.options().home, Some(purse), Arc::new(SystemClock)).await.expect("opens");
    assert!(grounds.desk().is_none());
    let rehearsal = grounds.rehearse(rig.options()).await.expect("starts");
    phase(&rehearsal, Phase::Waiting).await;
    rehearsal.send_job("In the beginning").await.expect("an answer");
    rehearsal.shutdown().await;
    grounds.close().await;
}
