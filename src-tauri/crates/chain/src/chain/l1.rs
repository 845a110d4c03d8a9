//! What Base charges on top of gas.

use types::{Address, Bytes, U256, Wei};

use crate::contracts::{GasPriceOracle, returned};
use crate::rpc::{At, Question};
use crate::{Chain, ChainError};

/// The contract every chain of Base's kind has from its first block on.
const ORACLE: Address =
    types::Address::new([0x42, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x0F]);

/// What a transaction costs beyond its gas. Charged for refused transactions too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct L1Fee {
    /// The most its data costs on L1.
    pub data: Wei,
    /// What the chain's operator takes; nothing where there is no such fee.
    pub operator: Wei,
}

impl L1Fee {
    /// Both.
    pub fn total(&self) -> Wei {
        self.data.saturating_add(self.operator)
    }
}

impl Chain {
    /// The most that a transaction of this size and gas limit costs on top of its gas.
    ///
    /// `None` where the chain has no such fee's contract: say "L1 fee not included", not zero.
    pub async fn l1_fee(&self, signed_len: usize, gas_limit: u64) -> Result<Option<L1Fee>, ChainError> {
        // The contract means the unsigned size and adds a signature itself: the signed size makes the bound wider.
        let data = GasPriceOracle::getL1FeeUpperBoundCall { unsignedTxSize: U256::from(signed_len) };
        let operator = GasPriceOracle::getOperatorFeeCall { gasUsed: U256::from(gas_limit) };
        let mut answers = self
            .rpc
            .ask(vec![
                Question::code(ORACLE, At::Latest),
                Question::view(ORACLE, &data, At::Latest),
                Question::view(ORACLE, &operator, At::Latest),
            ])
            .await?;
        if answers.value::<Bytes>()?.is_empty() {
            return Ok(None);
        }
        let data = Wei::from_base(answers.returned::<GasPriceOracle::getL1FeeUpperBoundCall>()?);
        // An oracle from before the operator fee refuses the question.
        let operator = match answers.value::<Bytes>() {
            Ok(bytes) => Wei::from_base(returned::<GasPriceOracle::getOperatorFeeCall>(&bytes)?),
            Err(ChainError::Reverts(_)) => Wei::ZERO,
            Err(error) => return Err(error),
        };
        Ok(Some(L1Fee { data, operator }))
    }
}
