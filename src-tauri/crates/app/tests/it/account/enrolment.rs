//! A worker with a key of its own.

use app::account::{AccountTrouble, KeyRole};
use grid::{AccountClient, AccountError, AccountPatience};
use practice::Purpose;
use types::{AccountAct, Address};

use super::name;
use super::world::{Agreeing, World, copy, register};

#[tokio::test(flavor = "multi_thread")]
async fn where_enrolment_is_off_nobody_is_asked_and_a_key_is_pasted() {
    let world = World::new().await;
    let ((account, opened), owner) = (world.opened().await, Agreeing::to_everything());
    let refused = account.enrol(name("rig-1"), &owner).await;
    assert!(matches!(&refused, Err(error) if error.is_not_offered()), "{refused:?}");
    assert_eq!(owner.asked(), []);
    account.sign_in(&owner).await.expect("signed in");
    account.paste_key(&world.issue(&opened, Purpose::Inference), &owner).await.expect("the account's");
    let key = account.key_for(&name("rig-1")).await.expect("readable").expect("kept");
    register(&world, key, "rig-1", None).await.expect("registered");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_enrolled_worker_connects_under_its_name_and_does_nothing_else() {
    let world = World::with(true).await;
    let (account, owner) = (world.account().await, Agreeing::to_everything());
    let certificate = account.enrol(name("rig-1"), &owner).await.expect("enrolled");
    let asked = owner.asked();
    assert!(matches!(asked.as_slice(), [AccountAct::SignIn(_), AccountAct::Enrol(_)]), "{asked:?}");
    let key = account.key_for(&name("rig-1")).await.expect("readable").expect("kept");
    let (rig, papers) = account.papers(&name("rig-1")).await.expect("readable");
    assert_eq!(papers.as_ref(), Some(&certificate));
    register(&world, copy(&key), "rig-1", papers.map(|papers| (&rig, papers))).await.expect("registered");
    assert!(register(&world, copy(&key), "rig-2", None).await.is_err(), "it is another rig's");
    let reader = AccountClient::new(&world.endpoint(), key, AccountPatience::default()).expect("a client");
    assert!(matches!(reader.account().await, Err(AccountError::Forbidden { .. })));
    assert!(account.key_for(&name("rig-2")).await.expect("readable").is_none());

    account.make_key(&owner).await.expect("a key");
    let seen = account.look().await.expect("a view");
    assert!(seen.keys.iter().all(|line| line.role == Some(KeyRole::InUse)), "{:?}", seen.keys);
    let workers = seen.keys.iter().find(|line| line.key.label.as_deref() == Some("worker:rig-1"));
    let id = workers.and_then(|line| line.key.id.clone()).expect("listed");
    assert!(matches!(account.revoke_key(&id, &owner).await, Err(AccountTrouble::KeyInUse)));

    account.enrol(name("rig-1"), &owner).await.expect("enrolled again");
    let seen = account.look().await.expect("a view");
    let rigs = seen.keys.iter().filter(|line| line.key.label.as_deref() == Some("worker:rig-1"));
    let roles: Vec<_> = rigs.map(|line| line.role).collect();
    assert_eq!(roles.iter().flatten().count(), 1, "the older key ended: {roles:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn enrolment_never_moves_payouts_and_needs_a_yes() {
    let world = World::with(true).await;
    let ((account, opened), owner) = (world.opened().await, Agreeing::to_everything());
    let signs_in = Agreeing::to(|act| matches!(act, AccountAct::SignIn(_)));
    assert!(matches!(account.enrol(name("rig-1"), &signs_in).await, Err(AccountTrouble::Declined)));
    assert!(account.key_for(&name("rig-1")).await.expect("readable").is_none());
    assert!(!account.resume_enrolment().await.expect("asked"), "nobody signed it");
    let other = Address::repeat_byte(0xb2);
    account.set_payout_wallet(&other.to_string(), &owner).await.expect("set");
    let refused = account.enrol(name("rig-1"), &owner).await;
    assert!(matches!(refused, Err(AccountTrouble::PayoutElsewhere)), "{refused:?}");
    assert_eq!(world.page(&opened).await.payout_wallet, Some(other));
}
