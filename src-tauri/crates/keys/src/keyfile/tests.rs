//! The file as the standard has it, and what is refused.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::RigPassphrase;
use crate::phrase::Phrase;

/// The two examples of the Web3 Secret Storage definition: this key under this password.
const SECRET: &str = "7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d";
const PASSWORD: &str = "testpassword";

fn text(text: &str) -> Sensitive<String> {
    Sensitive::new(text.to_owned())
}

fn published_scrypt() -> Value {
    json!({
        "crypto": {
            "cipher": "aes-128-ctr",
            "cipherparams": { "iv": "83dbcc02d8ccb40e466191a123791e0e" },
            "ciphertext": "d172bf743a674da9cdad04534d56926ef8358534d458fffccd4e6ad2fbde479c",
            "kdf": "scrypt",
            "kdfparams": {
                "dklen": 32, "n": 262144, "r": 1, "p": 8,
                "salt": "ab0c7876052600dd703518d6fc3fe8984592145b591fc8fb5c6d43190334ba19"
            },
            "mac": "2103ac29920d71da29f15d75b4a16dbe95cfd7ff8faea1056c33131d846e3097"
        },
        "id": "3198bc9c-6672-5ab3-d995-4942343ae5b6",
        "version": 3
    })
}

fn published_pbkdf2() -> Value {
    json!({
        "crypto": {
            "cipher": "aes-128-ctr",
            "cipherparams": { "iv": "6087dab2f9fdbbfaddc31a909735c1e6" },
            "ciphertext": "5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46",
            "kdf": "pbkdf2",
            "kdfparams": {
                "c": 262144, "dklen": 32, "prf": "hmac-sha256",
                "salt": "ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd"
            },
            "mac": "517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2"
        },
        "id": "3198bc9c-6672-5ab3-d995-4942343ae5b6",
        "version": 3
    })
}

fn parse(file: &Value) -> Result<KeyFile, KeyFileError> {
    KeyFile::parse(file.to_string().as_bytes())
}

#[test]
fn the_published_files_open() {
    for file in [published_scrypt(), published_pbkdf2()] {
        let file = parse(&file).expect("the standard's own");
        assert_eq!(hex::encode(*file.open_key(&text(PASSWORD)).expect("opens")), SECRET);
    }
    let file = parse(&published_pbkdf2()).expect("the standard's own");
    assert!(matches!(file.open_key(&text("testpassworD")), Err(KeyFileError::WrongPassword)));
}

#[test]
fn what_other_wallets_write_differently_is_read() {
    let mut file = published_pbkdf2();
    let crypto = file["crypto"].take();
    file["Crypto"] = crypto;
    file.as_object_mut().expect("an object").remove("crypto");
    file["Crypto"]["cipherparams"]["iv"] = json!("0x6087dab2f9fdbbfaddc31a909735c1e6");
    file["address"] = json!("0x008aeEda4D805471dF9b2A5B0f38A0C3bCBA786b");
    assert!(parse(&file).expect("readable").open_key(&text(PASSWORD)).is_ok());
    file["address"] = json!("f39fd6e51aad88f6f4ce6ab8827279cfffb92266");
    let other = parse(&file).expect("readable").open_key(&text(PASSWORD));
    assert!(matches!(other, Err(KeyFileError::Damaged(_))), "the key of another address");
}

#[test]
fn numbers_that_would_cost_too_much_are_refused_before_they_cost_anything() {
    let check = |mut file: Value, changes: Value, costly: bool| {
        for (name, number) in changes.as_object().expect("an object") {
            file["crypto"]["kdfparams"][name] = number.clone();
        }
        // Parsing may refuse already, when a number does not fit its field.
        let opened = parse(&file).and_then(|file| file.open_key(&text(PASSWORD)));
        match opened {
            Err(KeyFileError::TooCostly) => assert!(costly, "{changes} is nonsense, not costly"),
            Err(KeyFileError::Damaged(_)) => assert!(!costly, "{changes} is costly"),
            other => panic!("{changes} gave {other:?}"),
        }
    };
    let scrypt = published_scrypt;
    check(scrypt(), json!({ "n": 1_u64 << 21 }), true);
    check(scrypt(), json!({ "n": 1_u64 << 63, "r": 4_294_967_295_u32 }), true);
    check(scrypt(), json!({ "r": 17 }), true);
    check(scrypt(), json!({ "p": 17 }), true);
    check(scrypt(), json!({ "n": 1_u64 << 20, "r": 16, "p": 1 }), true);
    check(scrypt(), json!({ "n": 1_u64 << 20, "r": 8, "p": 16 }), true);
    check(published_pbkdf2(), json!({ "c": 10_000_001 }), true);
    for nonsense in [
        json!({ "n": 0 }),
        json!({ "n": 1 }),
        json!({ "n": 262_143 }),
        json!({ "r": 0 }),
        json!({ "p": 0 }),
        json!({ "dklen": 16 }),
        json!({ "dklen": 4_294_967_295_u32 }),
        json!({ "salt": "xx" }),
        json!({ "n": -1 }),
        json!({ "n": 1e30 }),
    ] {
        check(scrypt(), nonsense, false);
    }
    for nonsense in [json!({ "c": 0 }), json!({ "prf": "hmac-md5" }), json!({ "dklen": 31 })] {
        check(published_pbkdf2(), nonsense, false);
    }
}

fn wallet_file(kind: NetworkKind) -> KeyFile {
    let phrase = Phrase::generate().expect("randomness");
    let key = phrase.first_key().expect("a key");
    let payload = Payload { kind, rig: RigPassphrase::generate().expect("randomness"), phrase: Some(phrase) };
    let strength = Strength::practice_only(2);
    KeyFile::seal(&key, Some(&payload), kind, &text(PASSWORD), strength).expect("seals")
}

#[test]
fn our_file_is_the_standards_with_one_member_more() {
    let file: Value = serde_json::from_slice(&wallet_file(NetworkKind::Practice).to_json()).expect("JSON");
    let names: Vec<&String> = file.as_object().expect("an object").keys().collect();
    assert_eq!(names, ["address", "crypto", "id", "version", "x-grid-node"]);
    assert_eq!((&file["version"], &file["crypto"]["kdfparams"]["r"]), (&json!(3), &json!(8)));
    assert_eq!(file["x-grid-node"]["network"], "practice");
    let salts = [&file["crypto"], &file["x-grid-node"]["sealed"]].map(|part| &part["kdfparams"]["salt"]);
    assert_ne!(salts[0], salts[1], "each part has a salt of its own");
    let id: uuid::Uuid = file["id"].as_str().expect("text").parse().expect("a UUID");
    assert_eq!(id.get_version_num(), 4);
}

#[test]
fn real_keys_are_sealed_at_the_standards_strength() {
    let key = hex::decode(SECRET).expect("hex").try_into().expect("32 bytes");
    let file =
        KeyFile::seal(&key, None, NetworkKind::Base, &text(PASSWORD), Strength::STANDARD).expect("seals");
    let file: Value = serde_json::from_slice(&file.to_json()).expect("JSON");
    let params = &file["crypto"]["kdfparams"];
    assert_eq!([&params["n"], &params["r"], &params["p"]], [131_072, 8, 1]);
    let again = parse(&file).expect("readable").open_key(&text(PASSWORD)).expect("opens");
    assert_eq!(*again, key);
}

#[test]
fn one_file_is_never_taken_for_another() {
    let (kind, password) = (NetworkKind::Practice, text(PASSWORD));
    let wallet = wallet_file(kind).to_json();
    let rig =
        KeyFile::seal(&[7; 32], None, kind, &password, Strength::practice_only(2)).expect("seals").to_json();
    let own = |json: &[u8], holds, kind| KeyFile::parse_own(json, holds, kind);
    assert!(own(&wallet, Holds::Wallet, kind).is_ok());
    assert!(own(&rig, Holds::Rig, kind).is_ok());
    assert!(matches!(own(&wallet, Holds::Rig, kind), Err(KeyFileError::Damaged(_))));
    assert!(matches!(own(&rig, Holds::Wallet, kind), Err(KeyFileError::Damaged(_))));
    assert!(matches!(
        own(&wallet, Holds::Wallet, NetworkKind::Base),
        Err(KeyFileError::OtherNetwork { found: NetworkKind::Practice })
    ));
    let nameless = wallet_file(kind).without_address().to_json();
    assert!(
        matches!(own(&nameless, Holds::Wallet, kind), Err(KeyFileError::Damaged(_))),
        "ours names its address"
    );
    let foreign = published_scrypt().to_string();
    assert!(matches!(own(foreign.as_bytes(), Holds::Wallet, kind), Err(KeyFileError::Damaged(_))));
}

#[test]
fn any_changed_byte_of_our_file_is_noticed_without_the_password() {
    let json = wallet_file(NetworkKind::Practice).to_json();
    for place in 0..json.len() {
        let mut bent = json.clone();
        bent[place] ^= 1;
        match KeyFile::parse_own(&bent, Holds::Wallet, NetworkKind::Practice) {
            Err(KeyFileError::Damaged(_)) => {}
            Err(other) => panic!("byte {place}: {other:?}"),
            // Blanks between the members say nothing.
            Ok(file) => assert_eq!(file.to_json(), json, "byte {place}"),
        }
    }
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(
        place in 0_usize..4000, junk in proptest::collection::vec(0_u8.., 0..40), password in ".{0,12}",
    ) {
        let mut json = published_pbkdf2();
        json["crypto"]["kdfparams"]["c"] = 2.into();
        let mut bytes = json.to_string().into_bytes();
        let at = place % bytes.len();
        let end = (at + junk.len()).min(bytes.len());
        bytes.splice(at..end, junk);
        if let Ok(file) = KeyFile::parse(&bytes) {
            // A spliced-in number may be a large honest one; only the cheap ones are opened here.
            if bytes.windows(5).any(|window| window == b"\"c\":2") {
                let _ = file.open_key(&text(&password));
            }
        }
    }
}
