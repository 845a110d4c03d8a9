//! The owner's account at a practice coordinator: what he agreed to happens, and nothing else.

mod blank;
mod books;
mod crashes;
mod enrolment;
mod world;

use std::time::Duration;

use app::account::{AccountTrouble, KeyRole, Reminder};
use grid::{AccountClient, AccountError, AccountPatience, ManageError};
use practice::Purpose;
use types::{AccountAct, Address, KeyId, PayoutAddressError, Sensitive, WorkerName};

use world::{Agreeing, PASSWORD, World, copy, register};

fn name(name: &str) -> WorkerName {
    WorkerName::new(name).expect("a name")
}

#[tokio::test(flavor = "multi_thread")]
async fn from_the_first_sign_in_to_a_second_key_and_the_end_of_the_first() {
    let world = World::new().await;
    let (account, owner) = (world.account().await, Agreeing::to_everything());
    let signed_in = account.sign_in(&owner).await.expect("signed in");
    assert!(signed_in.is_new);
    assert_eq!(signed_in.payout_wallet, Some(account.wallet()), "never blank");
    assert!(account.may_manage());

    let first = account.make_key(&owner).await.expect("a key");
    assert!(first.id.is_some() && first.before.is_none(), "{first:?}");
    account.delegate(vec![name("rig-1")], &owner).await.expect("delegated");
    let key = account.key_for(&name("rig-1")).await.expect("readable").expect("kept");
    let (rig, papers) = account.papers(&name("rig-1")).await.expect("readable");
    let papers = papers.expect("delegated");
    let worker = register(&world, copy(&key), "rig-1", Some((&rig, papers))).await.expect("registered");
    let seen = account.look().await.expect("a view");
    assert_eq!(seen.workers.workers.iter().map(|worker| worker.name.as_str()).collect::<Vec<_>>(), ["rig-1"]);
    assert_eq!((seen.payout_wallet, seen.pays_own_wallet), (Some(account.wallet()), true));
    assert_eq!(seen.keys.iter().map(|line| line.role).collect::<Vec<_>>(), [Some(KeyRole::InUse)]);
    drop(worker);

    let other = Address::repeat_byte(0xb2);
    let paid = account.set_payout_wallet(&other.to_string(), &owner).await.expect("set");
    assert_eq!((paid.wallet, paid.void), (other, vec![name("rig-1")]), "what it delegated is void");
    let seen = account.look().await.expect("a view");
    assert_eq!((seen.payout_wallet, seen.pays_own_wallet), (Some(other), false));
    assert!(!seen.delegations[0].is_by_payout_wallet);

    let second = account.make_key(&owner).await.expect("a second key");
    assert_eq!(second.before, first.id);
    let id = first.id.expect("listed");
    let seen = account.look().await.expect("a view");
    assert_eq!(seen.left_over().collect::<Vec<_>>(), [&id]);
    account.revoke_key(&id, &owner).await.expect("revoked");
    let old = AccountClient::new(&world.endpoint(), key, AccountPatience::default()).expect("a client");
    assert_eq!(old.account().await, Err(AccountError::Unauthorised));
    let seen = account.look().await.expect("the second key reads");
    assert_eq!(seen.left_over().count(), 0);
    assert_eq!(seen.keys.iter().filter(|line| line.key.revoked).count(), 1, "{:?}", seen.keys);
    let signs = owner.asked().iter().filter(|act| matches!(act, AccountAct::SignIn(_))).count();
    assert_eq!(signs, 1, "one signature did for all of it");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_yes_nothing_is_changed() {
    let world = World::new().await;
    let (account, opened) = world.opened().await;
    let nobody = Agreeing::to(|_| false);
    assert!(matches!(account.sign_in(&nobody).await, Err(AccountTrouble::Declined)));
    assert!(!account.may_manage());
    let signs_in = Agreeing::to(|act| matches!(act, AccountAct::SignIn(_)));
    account.sign_in(&signs_in).await.expect("signed in");
    let before = world.page(&opened).await;
    assert!(matches!(account.make_key(&signs_in).await, Err(AccountTrouble::Declined)));
    let wallet = Address::repeat_byte(0xb2).to_string();
    assert!(matches!(account.set_payout_wallet(&wallet, &signs_in).await, Err(AccountTrouble::Declined)));
    assert!(matches!(account.delegate(vec![name("rig-1")], &signs_in).await, Err(AccountTrouble::Declined)));
    assert!(account.papers(&name("rig-1")).await.expect("readable").1.is_none());
    let id = before.keys[0].id.clone().expect("an id");
    assert!(matches!(account.revoke_key(&id, &signs_in).await, Err(AccountTrouble::Declined)));
    assert!(matches!(account.look().await, Err(AccountTrouble::NoKey)));
    let after = world.page(&opened).await;
    assert_eq!((after.keys.len(), after.keys[0].revoked), (1, false));
    assert_eq!(after.payout_wallet, before.payout_wallet);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_yes_to_something_else_is_no_yes() {
    let world = World::new().await;
    let (account, opened) = world.opened().await;
    account.sign_in(&Agreeing::to_everything()).await.expect("signed in");
    let confused = Agreeing::to_something_else();
    assert!(matches!(account.make_key(&confused).await, Err(AccountTrouble::Declined)));
    assert_eq!(world.page(&opened).await.keys.len(), 1, "the one of before");
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_clicks_at_once_make_one_key() {
    let world = World::new().await;
    let (account, opened) = world.opened().await;
    account.sign_in(&Agreeing::to_everything()).await.expect("signed in");
    let clicks = (0..50).map(|_| {
        let account = account.clone();
        async move { account.make_key(&Agreeing::to_everything()).await }
    });
    let outcomes = futures_util::future::join_all(clicks).await;
    let made = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    let busy = outcomes.iter().filter(|outcome| matches!(outcome, Err(AccountTrouble::Busy))).count();
    assert_eq!((made, busy), (1, 49));
    assert_eq!(world.page(&opened).await.keys.len(), 2, "one besides the one of before");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_ten_minutes_the_owner_signs_in_again() {
    let world = World::new().await;
    let (account, owner) = (world.account().await, Agreeing::to_everything());
    account.sign_in(&owner).await.expect("signed in");
    world.advance(Duration::from_secs(589));
    account.make_key(&owner).await.expect("fresh enough");
    world.advance(Duration::from_secs(1));
    assert!(!account.may_manage());
    account.make_key(&owner).await.expect("with another sign-in");
    let signs = owner.asked().iter().filter(|act| matches!(act, AccountAct::SignIn(_))).count();
    assert_eq!(signs, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_that_the_coordinator_finds_stale_is_not_shown_twice() {
    let world = World::new().await;
    let (account, owner) = (world.account().await, Agreeing::to_everything());
    account.sign_in(&owner).await.expect("signed in");
    world.theirs.advance(Duration::from_secs(601));
    world.ours.advance(Duration::from_secs(400));
    assert!(account.may_manage(), "by our clock it is fresh");
    let refused = account.make_key(&owner).await;
    assert!(matches!(refused, Err(AccountTrouble::Grid(ManageError::SignInAgain))), "{refused:?}");
    account.make_key(&owner).await.expect("with another sign-in");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_in_use_is_not_revoked_nor_one_that_may_be() {
    let world = World::new().await;
    let ((account, opened), owner) = (world.opened().await, Agreeing::to_everything());
    account.sign_in(&owner).await.expect("signed in");
    let made = account.make_key(&owner).await.expect("a key").id.expect("listed");
    let asked = owner.asked().len();
    assert!(matches!(account.revoke_key(&made, &owner).await, Err(AccountTrouble::KeyInUse)));
    let stranger = KeyId::parse("000000000000").expect("an id");
    assert!(matches!(account.revoke_key(&stranger, &owner).await, Err(AccountTrouble::NoSuchKey)));

    let pasted = world.issue(&opened, Purpose::Inference);
    account.paste_key(&pasted, &owner).await.expect("the account's");
    for line in account.look().await.expect("the pasted key reads").keys {
        assert_eq!(line.role, Some(KeyRole::MayBeInUse), "a list does not say which one was pasted");
        let id = line.key.id.expect("an id");
        assert!(matches!(account.revoke_key(&id, &owner).await, Err(AccountTrouble::MayBeInUse)));
    }
    assert_eq!(
        owner.asked().len(),
        asked + 1,
        "nobody is asked about what is not done, but for the pasted key"
    );
    let new = account.make_key(&owner).await.expect("a key");
    account.revoke_key(&made, &owner).await.expect("now it is safe");
    assert_eq!(account.look().await.expect("the new key reads").keys.len(), 4);
    assert!(new.id.is_some_and(|id| id != made));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pasted_key_is_kept_when_it_reads_the_account() {
    let world = World::new().await;
    let ((account, opened), owner) = (world.opened().await, Agreeing::to_everything());
    account.sign_in(&owner).await.expect("signed in");
    let text = |text: &str| Sensitive::new(text.to_owned());
    for bad in ["", "hello", "gridu_x.y", "grid_short", &format!("grid_{}", "é".repeat(32))] {
        assert!(
            matches!(account.paste_key(&text(bad), &owner).await, Err(AccountTrouble::NotAKey)),
            "{bad:?}"
        );
    }
    for narrow in [Purpose::Validator, Purpose::Worker("rig-1".into())] {
        let key = world.issue(&opened, narrow);
        assert!(matches!(account.paste_key(&key, &owner).await, Err(AccountTrouble::NarrowKey)));
    }
    let unknown = account.paste_key(&text(&format!("grid_{}", "a".repeat(32))), &owner).await;
    let unauthorised = ManageError::Account(AccountError::Unauthorised);
    assert!(matches!(&unknown, Err(AccountTrouble::Grid(error)) if *error == unauthorised), "{unknown:?}");
    assert!(account.key_for(&name("rig-1")).await.expect("readable").is_none(), "nothing was kept");
    let good = world.issue(&opened, Purpose::Inference);
    let before = owner.asked().len();
    let refused = account.paste_key(&good, &Agreeing::to(|_| false)).await;
    assert!(matches!(refused, Err(AccountTrouble::Declined)));
    assert!(account.key_for(&name("rig-1")).await.expect("readable").is_none(), "a no keeps nothing");
    account.paste_key(&text(&format!("  {}\n", good.expose())), &owner).await.expect("reads");
    assert_eq!(owner.asked().len(), before + 1, "whose account it works for is the owner's to say");
    let kept = account.key_for(&name("rig-1")).await.expect("readable").expect("kept");
    assert_eq!(kept.expose(), good.expose());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_made_here_and_pasted_again_keeps_its_name() {
    let world = World::new().await;
    let (account, owner) = (world.account().await, Agreeing::to_everything());
    account.make_key(&owner).await.expect("a key");
    let key = account.key_for(&name("rig-1")).await.expect("readable").expect("kept");
    account.paste_key(&key, &owner).await.expect("the same");
    assert_eq!(account.look().await.expect("a view").keys[0].role, Some(KeyRole::InUse));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_loses_money_is_not_even_asked_about() {
    let world = World::new().await;
    let (account, owner) = (world.account().await, Agreeing::to_everything());
    for (typed, why) in [
        ("0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2a", PayoutAddressError::Checksum),
        ("0x0000000000000000000000000000000000000000", PayoutAddressError::Lost),
        ("0xa1c0deCaFE3E9Bf06A5F29B7015CD373a9854608", PayoutAddressError::Lost),
        ("0x79F39f2a0eA476f53994812e6a8f3C8CFe08c609", PayoutAddressError::Lost),
        ("0x20A82fD11e4A5fC8d4b5A44083C05e4b28dB53B9", PayoutAddressError::Lost),
        ("0x1111111111111111111111111111111111111111", PayoutAddressError::Lost),
        ("", PayoutAddressError::NotAnAddress),
    ] {
        let refused = account.set_payout_wallet(typed, &owner).await;
        assert!(
            matches!(&refused, Err(AccountTrouble::PayoutAddress(given)) if *given == why),
            "{typed}: {refused:?}"
        );
    }
    assert_eq!(owner.asked(), [], "not even to sign in");
}

#[tokio::test(flavor = "multi_thread")]
async fn several_workers_are_delegated_by_one_yes_and_reminded_of() {
    let world = World::new().await;
    let (account, owner) = (world.account().await, Agreeing::to_everything());
    let names = vec![name("rig-1"), name("máquina-🚀"), name(&"x".repeat(120))];
    let certificates = account.delegate(names.clone(), &owner).await.expect("delegated");
    assert_eq!(owner.asked().len(), 1);
    assert!(certificates.iter().all(types::DelegationCertificate::is_genuine));
    for (worker, certificate) in names.iter().zip(&certificates) {
        let (rig, found) = account.papers(worker).await.expect("readable");
        assert_eq!(
            (found.as_ref(), rig.address()),
            (Some(certificate), certificate.delegation.worker_signer)
        );
    }
    assert!(account.papers(&name("rig-2")).await.expect("readable").1.is_none(), "nobody agreed to that one");
    account.make_key(&owner).await.expect("a key");
    let reminders = async || {
        let lines = account.look().await.expect("a view").delegations;
        assert_eq!(lines.len(), 3);
        lines[0].reminder
    };
    const DAY: Duration = Duration::from_secs(24 * 3600);
    assert_eq!(reminders().await, Reminder::Fine);
    world.advance(DAY * 76);
    assert_eq!(reminders().await, Reminder::ExpiresSoon);
    world.advance(DAY * 14);
    assert_eq!(reminders().await, Reminder::Expired);
    assert!(account.papers(&names[0]).await.expect("readable").1.is_none(), "an ended one is no paper");
    account.delegate(names, &owner).await.expect("delegated anew");
    assert_eq!(reminders().await, Reminder::Fine);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_is_there_after_a_restart_and_nowhere_in_clear() {
    let world = World::new().await;
    let owner = Agreeing::to_everything();
    let (key, said) = {
        let account = world.account().await;
        account.make_key(&owner).await.expect("a key");
        account.delegate(vec![name("rig-1")], &owner).await.expect("delegated");
        let key = account.key_for(&name("rig-1")).await.expect("readable").expect("kept");
        let view = account.look().await.expect("a view");
        let refused =
            account.paste_key(&Sensitive::new(format!("{}x{}", key.expose(), "y".repeat(40))), &owner).await;
        (key, format!("{account:?} {view:?} {:?} {refused:?}", owner.asked()))
    };
    let secrets = [key.expose().as_str(), &key.expose()[5..], PASSWORD];
    for secret in secrets {
        assert!(!said.contains(secret), "{said}");
        assert_eq!(world.file_that_holds(secret), None);
    }
    let again = world.account().await;
    let kept = again.key_for(&name("rig-1")).await.expect("readable").expect("kept");
    assert_eq!(kept.expose(), key.expose());
    assert!(again.papers(&name("rig-1")).await.expect("readable").1.is_some());
    assert_eq!(again.look().await.expect("a view").keys[0].role, Some(KeyRole::InUse));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_coordinator_that_is_away_is_said_to_be_so() {
    let world = World::new().await;
    let (account, owner) = (world.account().await, Agreeing::to_everything());
    world.network.shutdown().await;
    let outcome = account.sign_in(&owner).await;
    let Err(error) = outcome else { panic!("{outcome:?}") };
    assert!(error.is_transient(), "{error}");
    assert_eq!(owner.asked(), [], "nobody is asked to sign for nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_uses_of_the_store_at_once_make_one_rig_key() {
    let world = World::new().await;
    let account = world.account().await;
    let uses = (0..6).map(|_| {
        let account = account.clone();
        tokio::spawn(async move { account.key_for(&name("rig-1")).await.map(|key| key.is_none()) })
    });
    for used in futures_util::future::join_all(uses).await {
        assert!(used.expect("no panic").expect("the store opens for everybody"), "there is no key yet");
    }
}
