//! No key, phrase or password is anywhere but in the sealed files, whatever is logged.

use std::path::{Path, PathBuf};
use std::process::{Child, Output};
use std::time::Duration;

use alloy::signers::local::{LocalSigner, MnemonicBuilder, PrivateKeySigner, coins_bip39::English};
use base64::Engine as _;
use keys::{KeyFolder, Strength};
use practice::rigs::{Conduct, RpcProxy};
use tokio::time::timeout;
use types::{NetworkKind, RegistryVersion, Sensitive};

use crate::cli;
use crate::money::{Ground, PASSWORD, bonding, finished};

/// Every form in which a secret could have slipped out.
fn forms(secret: &[u8]) -> Vec<Vec<u8>> {
    let hex = hex(secret);
    let engines = [
        &base64::engine::general_purpose::STANDARD_NO_PAD,
        &base64::engine::general_purpose::URL_SAFE_NO_PAD,
    ];
    let mut forms = vec![secret.to_vec(), hex.clone().into_bytes(), hex.to_uppercase().into_bytes()];
    forms.extend(engines.map(|engine| engine.encode(secret).into_bytes()));
    let texts: Vec<String> = forms.iter().filter_map(|form| String::from_utf8(form.clone()).ok()).collect();
    forms.extend(texts.iter().map(|text| text.encode_utf16().flat_map(u16::to_le_bytes).collect()));
    forms
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("readable") {
        let path = entry.expect("an entry").path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

/// The wallet's and the rig's secrets, opened as another wallet program would open the files.
fn secrets(home: &Path) -> Vec<(&'static str, Vec<u8>)> {
    let password = Sensitive::new(PASSWORD.to_owned());
    let folder = KeyFolder::open(home.join("keys"), NetworkKind::Practice, Strength::practice_only(12))
        .expect("opens");
    let phrase = folder.phrase(&password).expect("the phrase").expose().clone();
    let wallet = MnemonicBuilder::<English>::default().phrase(phrase.as_str()).build().expect("a phrase");
    let file: PrivateKeySigner =
        LocalSigner::decrypt_keystore(home.join("keys/wallet.json"), PASSWORD).expect("a standard key file");
    assert_eq!(file.address(), wallet.address(), "the file and the phrase are one wallet");
    let opened = folder.unlock(&password).expect("opens");
    let passphrase = opened.rig_passphrase().text().expose().clone();
    // A run that only bonds makes no rig key.
    let rig = LocalSigner::decrypt_keystore(home.join("keys/rig.json"), &passphrase);
    let rig = rig
        .map(|rig: PrivateKeySigner| rig.to_bytes().to_vec())
        .unwrap_or_else(|_| passphrase.clone().into_bytes());
    let middle: Vec<&str> = phrase.split(' ').skip(3).take(4).collect();
    vec![
        ("the phrase", phrase.clone().into_bytes()),
        ("a part of the phrase", middle.join(" ").into_bytes()),
        ("the password", PASSWORD.as_bytes().to_vec()),
        ("the wallet's key", wallet.to_bytes().to_vec()),
        ("the rig's key", rig),
        ("the rig's passphrase", passphrase.into_bytes()),
    ]
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

#[test]
fn a_secret_is_found_in_every_form() {
    let secret = b"canary-\x01\xff";
    for form in forms(secret) {
        assert!(forms(secret).iter().any(|known| contains(&[b"x", form.as_slice(), b"y"].concat(), known)));
    }
    assert!(contains(b"...63616e617279...", &forms(b"canary")[1]));
    assert!(contains(b"...Y2FuYXJ5...", &forms(b"canary")[3]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_journey_at_the_loudest_leaves_no_secret_anywhere() {
    let ground = Ground::new(RegistryVersion::V1).await;
    let home = ground.home("home");
    let mut command = cli();
    command
        .args([
            "practice",
            "--once",
            "--json",
            "--verbose",
            "--seconds",
            "150",
            "--chain",
            ground.chain.rpc(),
            "--home",
        ])
        .arg(&home);
    command.env("GRID_NODE_PASSWORD", PASSWORD).env("GRID_NODE_LOG", "trace");
    let output = command.output().expect("runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    // A run that ends badly with its keys open, and one that is killed then: their last words are searched too.
    let broken_home = ground.home("broken");
    let proxy = RpcProxy::start(ground.chain.rpc()).await.expect("a proxy");
    proxy.nth("eth_sendRawTransaction", 1, Conduct::Hold);
    let mut command = bonding(proxy.url(), &broken_home);
    let broken =
        ended(command.args(["--seconds", "8"]).env("GRID_NODE_LOG", "trace").spawn().expect("starts")).await;
    assert!(!broken.status.success(), "it gave up with a signed transaction in its hands");
    let killed_home = ground.home("killed");
    let proxy = RpcProxy::start(ground.chain.rpc()).await.expect("a proxy");
    proxy.nth("eth_sendRawTransaction", 1, Conduct::Hold);
    // Into a file: nobody reads a pipe while it runs.
    let words = ground.home("words of the killed run");
    let file = std::fs::File::create(&words).expect("a file");
    let mut command = bonding(proxy.url(), &killed_home);
    let mut killed = command.env("GRID_NODE_LOG", "trace").stderr(file).spawn().expect("starts");
    timeout(Duration::from_secs(60), proxy.arrived("eth_sendRawTransaction", 1))
        .await
        .expect("it came so far");
    killed.kill().expect("SIGKILL");
    let mut killed = ended(killed).await;
    killed.stderr = std::fs::read(&words).expect("its words");
    assert!(contains(&killed.stderr, b"Sign"), "it was at a signature");

    let mut places: Vec<(String, Vec<u8>)> = Vec::new();
    for (name, output) in [("the journey", output), ("the broken run", broken), ("the killed run", killed)] {
        places.push((format!("standard output of {name}"), output.stdout));
        places.push((format!("standard error of {name}"), output.stderr));
    }
    assert!(contains(&places[1].1, b"a plan came to its end"), "there is a log");
    for home in [&home, &broken_home, &killed_home] {
        let in_home = files(home);
        assert!(in_home.iter().any(|path| path.ends_with("ledger.sqlite")), "{in_home:?}");
        places.extend(in_home.into_iter().map(|path| {
            let bytes = std::fs::read(&path).expect("readable");
            (path.display().to_string(), bytes)
        }));
    }
    for (what, secret) in [&home, &broken_home, &killed_home].into_iter().flat_map(|home| secrets(home)) {
        for form in forms(&secret) {
            for (place, bytes) in &places {
                assert!(!contains(bytes, &form), "{what} is in {place}");
            }
        }
    }
}

async fn ended(child: Child) -> Output {
    let ended = tokio::task::spawn_blocking(move || child.wait_with_output());
    ended.await.expect("no panic").expect("ends")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_home_holds_in_clear_is_found() {
    // The search above would find nothing in files that are not there or not read: this finds what may be there.
    let ground = Ground::new(RegistryVersion::V1).await;
    let home = ground.home("home");
    let report = finished(bonding(ground.chain.rpc(), &home).spawn().expect("starts")).await;
    let written: Vec<u8> = files(&home)
        .iter()
        .filter(|path| !path.ends_with("wallet.json"))
        .flat_map(|path| std::fs::read(path).expect("readable"))
        .collect();
    let wallet = report["wallet"].as_str().expect("a wallet");
    assert!(contains(&written, wallet.as_bytes()), "the journal names the wallet");
}
