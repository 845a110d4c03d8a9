//! The books beside an account whose key comes later.

use std::sync::Arc;
use std::time::Duration;

use app::Home;
use app::earnings::{BooksDesk, Record};
use practice::Purpose;
use types::Clock;

use super::world::{Agreeing, World};

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_comes_after_the_books_were_opened_lets_them_be_compared() {
    let world = World::new().await;
    let ((account, opened), owner) = (world.opened().await, Agreeing::to_everything());
    let folder = tempfile::tempdir().expect("a folder");
    let home = Home::lock(folder.path()).expect("free");
    let clock: Arc<dyn Clock> = Arc::clone(&world.ours) as Arc<dyn Clock>;
    let record = Record::open(&home, app::Limits::default(), "practice", clock).await.expect("opens");
    let books = BooksDesk::open(record, &world.endpoint()).expect("opens");
    let mut changes = books.changes();
    books.follow_account(&account).await;
    assert_eq!(books.view().check, None, "there is no key to read the account with");

    account.sign_in(&owner).await.expect("signed in");
    let key = world.issue(&opened, Purpose::Inference);
    account.paste_key(&key, &owner).await.expect("reads");
    books.follow_account(&account).await;
    let compared = changes.wait_for(|view| view.check.is_some());
    let compared = tokio::time::timeout(Duration::from_secs(20), compared).await.expect("in time");
    assert_eq!(compared.expect("the desk lives").check.as_ref().map(|check| check.healed), Some(0));
    drop(changes);
    books.close().await;
}
