//! Keys and values of the tokens read so far.

use candle_core::{DType, Device, Result, Tensor};

const FIRST_CAPACITY: usize = 256;

/// One layer's keys and values, written in place; room doubles as needed up to the context.
pub(super) struct Cache {
    keys: Tensor,
    values: Tensor,
    capacity: usize,
    limit: usize,
    length: usize,
}

impl Cache {
    pub(super) fn new(kv_heads: usize, head_size: usize, limit: usize, device: &Device) -> Result<Self> {
        let capacity = FIRST_CAPACITY.min(limit);
        let zeros = || Tensor::zeros((kv_heads, capacity, head_size), DType::F32, device);
        Ok(Self { keys: zeros()?, values: zeros()?, capacity, limit, length: 0 })
    }

    /// Forgets the tokens, keeps the room.
    pub(super) fn clear(&mut self) {
        self.length = 0;
    }

    /// Adds the keys and values of new tokens, `[kv_heads, tokens, head_size]`, and returns views of all so far.
    pub(super) fn append(&mut self, keys: &Tensor, values: &Tensor) -> Result<(Tensor, Tensor)> {
        let end = self.length + keys.dim(1)?;
        self.make_room(end)?;
        self.keys.slice_set(&keys.contiguous()?, 1, self.length)?;
        self.values.slice_set(&values.contiguous()?, 1, self.length)?;
        self.length = end;
        Ok((self.keys.narrow(1, 0, end)?, self.values.narrow(1, 0, end)?))
    }

    fn make_room(&mut self, needed: usize) -> Result<()> {
        if needed <= self.capacity {
            return Ok(());
        }
        let capacity = needed.next_power_of_two().min(self.limit);
        for part in [&mut self.keys, &mut self.values] {
            let (kv_heads, _, head_size) = part.dims3()?;
            let larger = Tensor::zeros((kv_heads, capacity, head_size), DType::F32, part.device())?;
            larger.slice_set(part, 1, 0)?;
            *part = larger;
        }
        self.capacity = capacity;
        Ok(())
    }
}
