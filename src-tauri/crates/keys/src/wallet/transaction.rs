//! From an intent to signed bytes, and back again before anybody gets them.

use alloy::consensus::{Transaction as _, TxEip1559, TxEnvelope};
use alloy::eips::eip2718::{Decodable2718, Encodable2718};
use alloy::primitives::{TxKind, keccak256};
use types::{Address, Network, SignedTransaction, Transaction};

use crate::KeyError;
use crate::signer::MoneySigner;

/// Builds the transaction from its intent, signs it, and hands it out if it reads back as what was asked for.
pub(super) fn sign(
    key: &MoneySigner,
    network: &Network,
    asked: &Transaction,
) -> Result<SignedTransaction, KeyError> {
    let signed = key.sign(build(network, asked))?;
    let raw = TxEnvelope::from(signed).encoded_2718();
    if reads_back(&raw, key.address(), network, asked) {
        Ok(SignedTransaction { hash: keccak256(&raw), raw })
    } else {
        Err(KeyError::Garbled)
    }
}

fn build(network: &Network, asked: &Transaction) -> TxEip1559 {
    let call = asked.intent.call(network);
    TxEip1559 {
        chain_id: network.chain_id(),
        nonce: asked.nonce,
        gas_limit: asked.gas_limit,
        max_fee_per_gas: asked.max_fee_per_gas,
        max_priority_fee_per_gas: asked.max_priority_fee_per_gas,
        to: TxKind::Call(call.to),
        value: call.value.base(),
        access_list: Default::default(),
        input: call.data,
    }
}

/// The last guard: whatever the builder and the libraries did, these bytes do what was asked and nothing else.
pub(super) fn reads_back(mut raw: &[u8], from: Address, network: &Network, asked: &Transaction) -> bool {
    let Ok(TxEnvelope::Eip1559(signed)) = TxEnvelope::decode_2718(&mut raw) else { return false };
    let (tx, call) = (signed.tx(), asked.intent.call(network));
    raw.is_empty()
        && signed.recover_signer().is_ok_and(|signer| signer == from)
        && tx.chain_id == network.chain_id()
        && tx.nonce == asked.nonce
        && tx.gas_limit == asked.gas_limit
        && tx.max_fee_per_gas == asked.max_fee_per_gas
        && tx.max_priority_fee_per_gas == asked.max_priority_fee_per_gas
        && tx.to() == Some(call.to)
        && tx.value == call.value.base()
        && tx.input == call.data
        && tx.access_list.is_empty()
}
