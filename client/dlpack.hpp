/// @file
/// Blocks for other libraries of the process and back, by DLPack (https://dmlc.github.io/dlpack): NumPy's `from_dlpack`, PyTorch and others
/// take and give such tensors. A program that looks into them includes `dlpack/dlpack.h` (Debian: libdlpack-dev).
#pragma once
#include "arrays/block.hpp"

struct DLManagedTensor;

namespace tessera {
/// The block's elements as a tensor in main memory, without a copy: it shares the block until its `deleter` is called, which who takes it
/// owes. They must not be written. Throws `type_mismatch` for time, which DLPack has not. O(1).
DLManagedTensor* to_dlpack(const arrays::Block& block);
/// A block with a copy of the tensor's elements, whatever its strides; then calls its `deleter`. Throws `type_mismatch` for types that
/// blocks have not, `invalid_argument` where the tensor is not in main memory or its shape is none; it is the caller's then.
arrays::Block from_dlpack(DLManagedTensor* tensor);
}  // namespace tessera
