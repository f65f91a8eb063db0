import CKernels

extension KernelFile {
  /// What the kernels of attention have in common: tiles on GPUs and on devices of CPU type, and on
  /// tensor cores.
  static let attentionHeaders = unsafe [
    KernelFile(kernel_attention_tiles), KernelFile(kernel_attention_tiles_wide),
    KernelFile(kernel_tensor_cores), KernelFile(kernel_attention_fragments),
    KernelFile(kernel_attention_staging),
  ]
  static let attentionForward = unsafe KernelFile(
    kernel_attention_forward,
    needs: attentionHeaders + [KernelFile(kernel_attention_forward_fragments)])
}

extension Kernels {
  fileprivate static let attentionForward = KernelEntry(
    .attentionForward, "attention_forward", as: Read<AttentionQueryTile>.self, Read<Float>.self,
    Read<Float>.self, Read<Float>.self, Write<Float>.self, Write<Float>.self, Int.self, Int.self,
    Int.self, Float.self, Float.self)
}

extension Device {
  /// Scaled dot-product attention with grouped-query heads over packed sequences (FlashAttention-2,
  /// Dao 2023, arXiv:2307.08691): output = softmax(scale * query key^T) value over the keys that
  /// the layout lets a query see, query head h reading key/value head h / (H / G). Rows outside the
  /// layout's sequences stay as they are.
  ///
  /// - Parameters:
  ///   - query: [layout.queryRows, H, D], read.
  ///   - key: [layout.keyRows, G, D], read.
  ///   - value: [layout.keyRows, G, D], read.
  ///   - layout: the keys of every query.
  ///   - heads: numbers of heads and the head dimension.
  ///   - scale: multiplies scores, usually 1 / sqrt(D).
  ///   - softCap: bounds scores to softCap * tanh(score / softCap) (Gemma 2); nil leaves them.
  ///   - precision: of the operands of products where tensor cores multiply them; scores and
  ///     probabilities are f32, and other devices compute in f32.
  ///   - output: [layout.queryRows, H, D], written; 0 for a query that sees no key.
  ///   - logSumExp: [layout.queryRows, H], written: the log of the sum of exp(scores), in nats,
  ///     which the gradient needs; -1e30 for a query that sees no key.
  /// - Throws: `.headGroups` or `.headDimension` for heads that attention does not support;
  ///   `.shape` if an operand is too small; allocation and driver errors.
  package func attention(
    query: borrowing DeviceBuffer<Float>, key: borrowing DeviceBuffer<Float>,
    value: borrowing DeviceBuffer<Float>, layout: AttentionLayout, heads: HeadShape, scale: Float,
    softCap: Float? = nil, precision: ActivationPrecision = .f32,
    into output: inout DeviceBuffer<Float>,
    logSumExp: inout DeviceBuffer<Float>
  ) throws(ComputeError) {
    try heads.expectAttention("attention")
    let (queries, keys) = (layout.queryRows, layout.keyRows)
    try expect(
      "attention", "query", query.count, Shape(queries, heads.queryHeads, heads.headDimension))
    try expect("attention", "key", key.count, Shape(keys, heads.keyValueHeads, heads.headDimension))
    try expect(
      "attention", "value", value.count, Shape(keys, heads.keyValueHeads, heads.headDimension))
    try expect(
      "attention", "output", output.count, Shape(queries, heads.queryHeads, heads.headDimension))
    try expect("attention", "logSumExp", logSumExp.count, Shape(queries, heads.queryHeads))
    switch engine {
    case .cpu(let cpu):
      let attention = CPUAttention(
        heads: heads, layout: layout, scale: scale, softCap: softCap, on: cpu)
      let table = try layout.queryTable(rows: attention.queryRows, groupSize: heads.groupSize)
      var scratch = try self.scratch(of: Float.self, count: cpu.threads * attention.forwardFloats)
      let (query, key, value) = unsafe (query.host, key.host, value.host)
      let (output, logSumExp) = unsafe (output.mutableHost, logSumExp.mutableHost)
      let (tiles, groups) = unsafe (table.records.buffer.host, heads.keyValueHeads)
      let runs = unsafe attention.runs(
        UnsafeBufferPointer(start: tiles, count: table.count), threads: cpu.threads)
      unsafe cpu.forEach(
        runs.count * groups, onOneThread: attention.isSmall, scratch: scratch.mutableHost,
        floats: attention.forwardFloats
      ) { index, scratch in
        let run = runs[index / groups]
        unsafe attention.forward(
          UnsafeBufferPointer(start: tiles + run.lowerBound, count: run.count),
          head: index % groups, query: query, key: key, value: value, output: output,
          logSumExp: logSumExp, scratch: scratch)
      }
    case .gpu(let gpu):
      let kernel = AttentionKernel(
        .forward, gpu, heads: heads, softCap: softCap, precision: precision)
      let table = try layout.queryTable(rows: kernel.tile, groupSize: heads.groupSize)
      try gpu.kernel(Kernels.attentionForward, kernel.options).run(
        groups: [table.count, heads.keyValueHeads], items: [kernel.lanes, 1],
        table.records.buffer.read, query.read, key.read, value.read, output.write, logSumExp.write,
        heads.queryHeads, heads.keyValueHeads, layout.windowOrAll, scale, softCap ?? 0)
    }
  }
}

extension HeadShape {
  /// Throws if attention does not support these heads.
  func expectAttention(_ operation: String) throws(ComputeError) {
    guard keyValueHeads > 0, queryHeads > 0, queryHeads % keyValueHeads == 0 else {
      throw .headGroups(
        operation: operation, queryHeads: queryHeads, keyValueHeads: keyValueHeads)
    }
    let limit = 256
    guard (1...limit).contains(headDimension) else {
      throw .headDimension(operation: operation, found: headDimension, limit: limit)
    }
  }
}
