//! `grid-node-cli account`: the account on the Grid, for rigs without a window.
//!
//! What manages the account is agreed to by a person who types yes at a terminal.

mod yes;

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Context as _;
use app::account::{Account, AccountView, Reminder};
use app::live::Live;
use app::slot_names;
use serde_json::{Value, json};
use types::KeyId;

use crate::arguments::AccountCommand;
use crate::place::explained;
use crate::terminal;
use yes::{HandedOver, TypedYes};

pub(crate) async fn account(command: AccountCommand) -> anyhow::Result<ExitCode> {
    let place = command.place();
    let mut live = Live::open(place.options(None)?).await.map_err(explained)?;
    let is_new = live.account().is_none();
    let only_looks = matches!(command, AccountCommand::Show { .. } | AccountCommand::Phrase { .. });
    anyhow::ensure!(!(is_new && only_looks), "there is no wallet in this home yet");
    let account = live.make_account().await.map_err(explained)?;
    if is_new {
        say(&format!("made a wallet, {}; `account phrase` shows what to write down", account.wallet()))?;
    }
    match command {
        AccountCommand::Phrase { .. } => {
            let password = terminal::secret_at_a_terminal("Password of the wallet")?;
            terminal::show(account.phrase(&password).await?.expose())?;
        }
        AccountCommand::Show { json, .. } => show(&account.look().await?, json)?,
        AccountCommand::Key { .. } => {
            let key = terminal::secret("API key")?;
            let page = account.paste_key(&key, &HandedOver).await?;
            let paid = page.payout_wallet.map_or_else(|| "nobody".to_owned(), |wallet| wallet.to_string());
            say(&format!("kept; the account is {}; paid is {paid}", page.username))?;
        }
        AccountCommand::SignIn { .. } => {
            let signed_in = account.sign_in(&TypedYes).await?;
            let paid =
                signed_in.payout_wallet.map_or_else(|| "nobody".to_owned(), |wallet| wallet.to_string());
            say(&format!("signed in as {}; paid is {paid}", account.wallet()))?;
            let made = account.make_key(&TypedYes).await?;
            say(&format!("made the key {} and kept it", made.label))?;
        }
        AccountCommand::PayoutWallet { address, .. } => {
            let set = account.set_payout_wallet(&address, &TypedYes).await?;
            say(&format!("from the next settlement on {} is paid", set.wallet))?;
        }
        AccountCommand::Revoke { id, .. } => {
            let id = KeyId::parse(&id).context("a key's id has 12 hex digits; `account show` lists them")?;
            account.revoke_key(&id, &TypedYes).await?;
            say(&format!("{id} is revoked"))?;
        }
        AccountCommand::Delegate { .. } => delegate(&live, &account).await?,
        AccountCommand::Enrol { .. } => {
            let name = live.name().map_err(explained)?;
            let certificate = account.enrol(name, &TypedYes).await?;
            say(&format!("enrolled {}", certificate.delegation.worker_name))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Permissions for every name that the configuration serves under, by one yes.
async fn delegate(live: &Live, account: &Account) -> anyhow::Result<()> {
    let names = live.names().map_err(explained)?;
    let names = if names.is_empty() { slot_names(&live.name().map_err(explained)?, 1)? } else { names };
    for certificate in account.delegate(names, &TypedYes).await? {
        let given = certificate.delegation;
        say(&format!("{} may work for {} for 90 days", given.worker_name, given.payout_wallet))?;
    }
    Ok(())
}

fn show(view: &AccountView, as_json: bool) -> anyhow::Result<()> {
    let report = to_json(view);
    if as_json {
        return say(&format!("{report:#}"));
    }
    let paid = view
        .payout_wallet
        .map_or_else(|| "nobody; what is earned is only owed".to_owned(), |wallet| wallet.to_string());
    say(&format!("{}\npaid: {paid}", view.username))?;
    for worker in &view.workers.workers {
        let online = if worker.online { "online" } else { "offline" };
        say(&format!("worker {}: {online}, {} jobs, {} work units", worker.name, worker.jobs, worker.den))?;
    }
    for line in view.keys.iter().filter(|line| !line.key.revoked) {
        let (id, label) =
            (line.key.id.as_ref().map_or("?", KeyId::as_str), line.key.label.as_deref().unwrap_or("-"));
        say(&format!("key {id} {label}"))?;
    }
    for line in &view.delegations {
        say(&format!("permission for {}: {}", line.worker_name, word(line.reminder)))?;
    }
    Ok(())
}

fn to_json(view: &AccountView) -> Value {
    let workers = view.workers.workers.iter().map(|worker| {
        json!({"name": worker.name, "online": worker.online, "jobs": worker.jobs, "den": worker.den.to_string()})
    });
    let keys = view.keys.iter().map(|line| {
        json!({"id": line.key.id.as_ref().map(KeyId::as_str), "label": line.key.label, "revoked": line.key.revoked})
    });
    let permissions = view.delegations.iter().map(|line| {
        json!({"worker": line.worker_name.as_str(), "expires_at": line.expires_at, "state": word(line.reminder)})
    });
    json!({
        "account": view.account_id,
        "username": view.username,
        "wallet": view.wallet.map(|wallet| wallet.to_string()),
        "payout_wallet": view.payout_wallet.map(|wallet| wallet.to_string()),
        "workers": workers.collect::<Vec<_>>(),
        "keys": keys.collect::<Vec<_>>(),
        "permissions": permissions.collect::<Vec<_>>(),
    })
}

const fn word(reminder: Reminder) -> &'static str {
    match reminder {
        Reminder::Fine => "fine",
        Reminder::ExpiresSoon => "expires-soon",
        Reminder::Expired => "expired",
    }
}

fn say(line: &str) -> anyhow::Result<()> {
    Ok(writeln!(std::io::stdout().lock(), "{line}")?)
}
