//! What the owner sees of his money while it moves, is refused, or is interrupted.

use std::sync::Arc;
use std::time::Duration;

use app::money::desk::{
    ActionStage, BondState, Desk, Outcome, Subject, TransactionState, Trouble, UnderWay, View,
};
use app::money::{Confirm, Money};
use async_trait::async_trait;
use chain::action::{End, Wish};
use tokio::sync::Notify;
use tokio::time::timeout;
use types::{AccountAct, Aipg, Consent, Plan, Stage};

use crate::money::{Ground, bond, yes};

const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until the view is as wanted.
async fn view(desk: &Desk, what: &str, wanted: impl FnMut(&View) -> bool) -> View {
    let mut changes = desk.changes();
    let reached = timeout(PATIENCE, changes.wait_for(wanted)).await;
    reached.unwrap_or_else(|_| panic!("{what}: {:?}", desk.view())).expect("the desk is open").clone()
}

async fn stage(desk: &Desk, wanted: ActionStage) -> View {
    view(desk, "the stage", |view| view.action.as_ref().is_some_and(|action| action.stage == wanted)).await
}

fn outcome(view: &View) -> Option<Outcome> {
    view.action.as_ref().and_then(|action| action.outcome)
}

fn agreeing(money: &Money) -> Arc<dyn Confirm> {
    Arc::new(yes(money))
}

/// Says no, as soon as it may.
#[derive(Default)]
struct Refusing {
    may_answer: Notify,
}

#[async_trait]
impl Confirm for Refusing {
    async fn confirm(&self, _: &Plan) -> Option<Consent> {
        self.may_answer.notified().await;
        None
    }

    async fn confirm_account(&self, _: &AccountAct) -> Option<Consent> {
        None
    }
}

/// Blocks come until what is waited for is so.
async fn while_mining<T>(ground: &Ground, what: impl Future<Output = T>) -> T {
    let mining = async {
        loop {
            ground.chain.mine(1).await.expect("mines");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::select! {
        came = what => came,
        () = mining => unreachable!("it mines for ever"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bond_is_followed_step_by_step_until_it_is_final() {
    let ground = Ground::lively().await;
    let desk = Desk::open(ground.purse.money().clone());
    let seen = view(&desk, "a look", |view| view.seen.is_some()).await.seen.expect("it was waited for");
    let offered: Vec<Subject> = seen.offers.iter().map(|offer| Subject::of(&offer.wish)).collect();
    assert_eq!(offered, [Subject::Bond(Aipg::whole(1000))]);
    assert!(seen.offers[0].plan.is_ok(), "nothing stands in the way: {:?}", seen.offers);

    desk.begin(bond(), agreeing(desk.money())).expect("nothing else is under way");
    view(&desk, "a signed step is shown before the plan is through", |view| {
        view.action.as_ref().is_some_and(|action| {
            action.stage == ActionStage::Carrying && action.rows.iter().any(|row| row.signed().is_some())
        })
    })
    .await;
    let ended = stage(&desk, ActionStage::Ended).await;
    assert_eq!(outcome(&ended), Some(Outcome::Came(End::Done)));
    view(&desk, "both steps become final", |view| {
        let rows = view.action.as_ref().map(|action| action.rows.as_slice()).unwrap_or_default();
        rows.len() == 2
            && rows.iter().all(|row| matches!(row.state, TransactionState::Mined { stage: Stage::Final, .. }))
    })
    .await;
    let bonded = view(&desk, "the bond is seen", |view| {
        view.seen.as_ref().is_some_and(|seen| matches!(seen.snapshot.bond, Some(BondState::Active { .. })))
    })
    .await;
    let offers = bonded.seen.expect("it was waited for").offers;
    assert!(matches!(offers.as_slice(), [offer] if offer.wish == Wish::Unbond), "{offers:?}");
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_click_is_refused_while_the_owner_thinks_and_his_no_moves_nothing() {
    let ground = Ground::lively().await;
    let desk = Desk::open(ground.purse.money().clone());
    let thinking = Arc::new(Refusing::default());
    let asked: Arc<dyn Confirm> = Arc::<Refusing>::clone(&thinking);
    desk.begin(bond(), asked).expect("the first");
    let shown = view(&desk, "the plan is shown", |view| {
        view.action.as_ref().is_some_and(|action| action.plan.is_some())
    })
    .await;
    assert_eq!(shown.action.as_ref().map(|action| action.stage), Some(ActionStage::Asking));
    assert_eq!(desk.begin(bond(), agreeing(desk.money())), Err(UnderWay));
    assert_eq!(desk.go_on(agreeing(desk.money())), Err(UnderWay));

    thinking.may_answer.notify_one();
    let ended = stage(&desk, ActionStage::Ended).await;
    assert_eq!(outcome(&ended), Some(Outcome::Declined));
    assert!(!ground.is_bonded().await);
    assert_eq!(ground.purse.money().look().await.expect("reads").nonce_pending, 0, "nothing was sent");
    desk.begin(bond(), agreeing(desk.money())).expect("a new click is a new question");
    let ended =
        view(&desk, "the second question", |view| outcome(view) == Some(Outcome::Came(End::Done))).await;
    assert!(ground.is_bonded().await, "{ended:?}");
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_interrupted_is_shown_and_waits_for_the_owner() {
    let ground = Ground::by_hand().await;
    let first = Desk::open(ground.purse.money().clone());
    first.begin(bond(), agreeing(first.money())).expect("nothing else is under way");
    let sent = |view: &View| {
        view.action.as_ref().is_some_and(|action| action.rows.iter().any(|row| row.signed().is_some()))
    };
    view(&first, "the approval is signed", sent).await;
    first.close().await;

    let second = Desk::open(ground.purse.money().clone());
    let shown = stage(&second, ActionStage::Interrupted).await.action.expect("it was waited for");
    assert_eq!(shown.subject, Subject::Bond(Aipg::whole(1000)));
    assert_eq!(shown.rows.len(), 1, "the approval is known: {shown:?}");
    let refusing = Arc::new(Refusing::default());
    refusing.may_answer.notify_one();
    second.go_on(refusing).expect("nothing is under way");
    let declined =
        view(&second, "a no leaves it open", |view| outcome(view) == Some(Outcome::Declined)).await;
    assert!(declined.action.is_some());
    stage(&second, ActionStage::Interrupted).await;

    second.go_on(agreeing(second.money())).expect("nothing is under way");
    while_mining(&ground, stage(&second, ActionStage::Ended)).await;
    assert_eq!(outcome(&second.view()), Some(Outcome::Came(End::Done)));
    assert!(ground.is_bonded().await);
    second.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_signed_already_is_gone_on_with_and_nobody_is_asked() {
    let ground = Ground::by_hand().await;
    let first = Desk::open(ground.purse.money().clone());
    let send = Wish::SendAipg { to: ground.chain.faucet(), amount: Aipg::whole(1) };
    first.begin(send, agreeing(first.money())).expect("nothing else is under way");
    view(&first, "it is signed", |view| {
        view.action.as_ref().is_some_and(|action| action.rows.iter().any(|row| row.signed().is_some()))
    })
    .await;
    first.close().await;
    let second = Desk::open(ground.purse.money().clone());
    while_mining(&ground, stage(&second, ActionStage::Ended)).await;
    assert_eq!(outcome(&second.view()), Some(Outcome::Came(End::Done)));
    second.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_be_given_up_is_given_up_and_what_is_on_its_way_is_not() {
    let ground = Ground::by_hand().await;
    let first = Desk::open(ground.purse.money().clone());
    first.begin(bond(), agreeing(first.money())).expect("nothing else is under way");
    view(&first, "the approval is signed", |view| {
        view.action.as_ref().is_some_and(|action| action.rows.iter().any(|row| row.signed().is_some()))
    })
    .await;
    first.close().await;
    let desk = Desk::open(ground.purse.money().clone());
    stage(&desk, ActionStage::Interrupted).await;
    desk.give_up().expect("it was interrupted");
    view(&desk, "it is said why", |view| outcome(view) == Some(Outcome::OnItsWay)).await;
    stage(&desk, ActionStage::Interrupted).await;
    ground.chain.mine(3).await.expect("mines");
    desk.give_up().expect("it was interrupted");
    let ended = stage(&desk, ActionStage::Ended).await;
    assert_eq!(outcome(&ended), Some(Outcome::GivenUp));
    assert!(!ground.is_bonded().await);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_that_goes_away_leaves_the_last_figures_standing() {
    let ground = Ground::lively().await;
    let desk = Desk::open(ground.purse.money().clone());
    view(&desk, "a look", |view| view.seen.is_some()).await;
    let chain = Arc::into_inner(ground.chain).expect("only the test holds it");
    chain.shutdown().await;
    desk.look_again();
    let shown = view(&desk, "the trouble is told", |view| view.trouble.is_some()).await;
    assert_eq!(shown.trouble, Some(Trouble::Unreachable));
    assert_eq!(shown.seen.map(|seen| seen.snapshot.aipg), Some(Aipg::whole(1050)), "never a zero in between");
    desk.begin(bond(), agreeing(desk.money())).expect("nothing else is under way");
    let ended = stage(&desk, ActionStage::Ended).await;
    assert_eq!(outcome(&ended), Some(Outcome::NoAnswer));
    timeout(PATIENCE, desk.close()).await.expect("it ends");
}
