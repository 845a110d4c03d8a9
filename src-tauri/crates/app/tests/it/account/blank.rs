//! A coordinator that pays nobody yet.

use std::sync::{Arc, Mutex};

use grid::Endpoint;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use types::AccountAct;

use super::world::{Agreeing, World};

/// Signs everybody in, and knows one payout wallet.
async fn coordinator(payout: Arc<Mutex<String>>) -> Endpoint {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            serve(stream, &payout).await;
        }
    });
    Endpoint::practice(&base).expect("loopback")
}

async fn serve(mut stream: TcpStream, payout: &Mutex<String>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.expect("a byte"));
    }
    let head = String::from_utf8(head).expect("text");
    let length = head.to_lowercase();
    let length = length.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).await.expect("a body");
    let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
    let text = |name: &str| asked[name].as_str().unwrap_or_default().to_owned();
    let answer = match head.split(' ').nth(1).expect("a path") {
        "/v1/accounts/wallet/challenge" => json!({"message": message(&text("address"))}),
        "/v1/accounts/wallet/verify" => json!({"account_id": "a", "wallet": text("address").to_lowercase(),
            "access_token": "gridu_x.y", "created": true}),
        "/v1/account/payout-wallet" => {
            *payout.lock().expect("no panic") = text("wallet").to_lowercase();
            json!({"payout_wallet": text("wallet").to_lowercase()})
        }
        _ => json!({"account_id": "a", "payout_wallet": *payout.lock().expect("no panic"), "keys": []}),
    };
    let answer = answer.to_string();
    let head = format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", answer.len());
    stream.write_all(format!("{head}{answer}").as_bytes()).await.expect("leaves");
}

/// Written on the day to which the test's clock is set.
fn message(wallet: &str) -> String {
    format!(
        "localhost wants you to sign in with your Ethereum account:\n{wallet}\n\nSign in to AI Power Grid.\n\n\
         URI: http://localhost/\nVersion: 1\nChain ID: 8453\nNonce: 6e0501558930e6c1744ce844e1abdf62\n\
         Issued At: 2099-09-01T12:00:00Z\nExpiration Time: 2099-09-01T12:05:00Z"
    )
}

const THAT_DAY: u64 = 4_091_947_200_000;

#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_is_paid_the_owner_is_asked_to_be() {
    let world = World::new().await;
    world.ours.set(THAT_DAY);
    let payout = Arc::new(Mutex::new(String::new()));
    let account = world.account_at(coordinator(Arc::clone(&payout)).await).await;
    let reluctant = Agreeing::to(|act| matches!(act, AccountAct::SignIn(_)));
    let signed_in = account.sign_in(&reluctant).await.expect("signed in");
    assert_eq!(signed_in.payout_wallet, None, "it is said that nobody is paid");
    assert_eq!(payout.lock().expect("no panic").as_str(), "", "without a yes nothing is set");

    let owner = Agreeing::to_everything();
    let signed_in = account.sign_in(&owner).await.expect("still signed in");
    assert_eq!(signed_in.payout_wallet, Some(account.wallet()));
    let asked = AccountAct::SetPayoutWallet { from: None, to: account.wallet(), own: true };
    assert_eq!(owner.asked(), [asked]);
    assert_eq!(*payout.lock().expect("no panic"), format!("{:#x}", account.wallet()));
    account.sign_in(&owner).await.expect("again");
    assert_eq!(owner.asked().len(), 1, "who is paid is not asked about again");
}
