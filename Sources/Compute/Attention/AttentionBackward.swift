import CKernels

extension KernelFile {
  static let attentionDelta = unsafe KernelFile(kernel_attention_delta)
  static let attentionSumSlots = unsafe KernelFile(kernel_attention_sum_slots)
  static let attentionQueryGradient = unsafe KernelFile(
    kernel_attention_query_gradient,
    needs: attentionHeaders + [KernelFile(kernel_attention_query_gradient_fragments)])
  static let attentionKeyValueGradient = unsafe KernelFile(
    kernel_attention_key_value_gradient,
    needs: attentionHeaders + [KernelFile(kernel_attention_key_value_gradient_fragments)])
}

/// Which gradients a backward pass through attention gives.
package enum AttentionGradientScope: Sendable {
  /// Every query, key and value of the layout.
  case all
  /// Keys and values of the prefix, summed over all sequences, and the prefix's own queries. This
  /// is enough for the bottom layer, where only prefix rows are trained.
  case prefixKeys
}

extension Kernels {
  fileprivate static let attentionDelta = KernelEntry(
    .attentionDelta, "attention_delta", as: Read<Float>.self, Read<Float>.self,
    Write<Float>.self, Int.self, Int.self)
  fileprivate static let attentionQueryGradient = KernelEntry(
    .attentionQueryGradient, "attention_query_gradient", as: Read<AttentionQueryTile>.self,
    Read<Float>.self, Read<Float>.self, Read<Float>.self, Read<Float>.self, Read<Float>.self,
    Read<Float>.self, Write<Float>.self, Int.self, Int.self, Int.self, Float.self, Float.self)
  fileprivate static let attentionKeyValueGradient = KernelEntry(
    .attentionKeyValueGradient, "attention_key_value_gradient", as: Read<AttentionKeyTile>.self,
    Read<AttentionSpan>.self, Read<Float>.self, Read<Float>.self, Read<Float>.self,
    Read<Float>.self, Read<Float>.self, Read<Float>.self, Write<Float>.self, Write<Float>.self,
    Write<Float>.self, Write<Float>.self, Int.self, Int.self, Int.self, Int.self, Float.self,
    Float.self)
  fileprivate static let attentionSumSlots = KernelEntry(
    .attentionSumSlots, "attention_sum_slots", as: Read<Float>.self, Read<Float>.self,
    Write<Float>.self, Write<Float>.self, Offset.self, Offset.self, Int.self, Int.self)
}

extension Device {
  /// The gradients of `attention` (FlashAttention-2, Dao 2023, arXiv:2307.08691). Probabilities are
  /// recomputed tile by tile from `logSumExp`; no score matrix is stored. Rows in scope are
  /// overwritten, other rows keep their contents.
  ///
  /// - Parameters:
  ///   - outputGradient: [layout.queryRows, H, D], read.
  ///   - query: [layout.queryRows, H, D], read, as in the forward pass.
  ///   - key: [layout.keyRows, G, D], read.
  ///   - value: [layout.keyRows, G, D], read.
  ///   - output: [layout.queryRows, H, D], read: the output of the forward pass.
  ///   - logSumExp: [layout.queryRows, H], read: as the forward pass wrote it.
  ///   - layout: the keys of every query.
  ///   - heads: numbers of heads and the head dimension.
  ///   - scale: as in the forward pass.
  ///   - softCap: as in the forward pass.
  ///   - scope: the rows whose gradient is computed.
  ///   - precision: as in the forward pass.
  ///   - queryGradient: [layout.queryRows, H, D], written.
  ///   - keyGradient: [layout.keyRows, G, D], written. A prefix row's gradient is the sum over all
  ///     sequences that attend to it, in a fixed order.
  ///   - valueGradient: [layout.keyRows, G, D], written, summed like `keyGradient`.
  /// - Throws: as `attention`; `.sharedKeys` if sequences share keys other than the prefix's;
  ///   `.shape` if an operand is too small; allocation and driver errors.
  package func attentionBackward(
    outputGradient: borrowing DeviceBuffer<Float>, query: borrowing DeviceBuffer<Float>,
    key: borrowing DeviceBuffer<Float>, value: borrowing DeviceBuffer<Float>,
    output: borrowing DeviceBuffer<Float>, logSumExp: borrowing DeviceBuffer<Float>,
    layout: AttentionLayout, heads: HeadShape, scale: Float, softCap: Float? = nil,
    scope: AttentionGradientScope = .all, precision: ActivationPrecision = .f32,
    queryGradient: inout DeviceBuffer<Float>,
    keyGradient: inout DeviceBuffer<Float>, valueGradient: inout DeviceBuffer<Float>
  ) throws(ComputeError) {
    let operation: StaticString = "attentionBackward"
    try heads.expectAttention("attentionBackward")
    guard !layout.hasSharedKeys else { throw .sharedKeys(operation: "attentionBackward") }
    let queryShape = Shape(layout.queryRows, heads.queryHeads, heads.headDimension)
    let keyShape = Shape(layout.keyRows, heads.keyValueHeads, heads.headDimension)
    let rowShape = Shape(layout.queryRows, heads.queryHeads)
    try expect(operation, "outputGradient", outputGradient.count, queryShape)
    try expect(operation, "query", query.count, queryShape)
    try expect(operation, "key", key.count, keyShape)
    try expect(operation, "value", value.count, keyShape)
    try expect(operation, "output", output.count, queryShape)
    try expect(operation, "logSumExp", logSumExp.count, rowShape)
    try expect(operation, "queryGradient", queryGradient.count, queryShape)
    try expect(operation, "keyGradient", keyGradient.count, keyShape)
    try expect(operation, "valueGradient", valueGradient.count, keyShape)

    switch engine {
    case .cpu(let cpu):
      let attention = CPUAttention(
        heads: heads, layout: layout, scale: scale, softCap: softCap, on: cpu)
      let blocks = layout.blocks
      let width = heads.keyValueWidth
      var scratch = try self.scratch(of: Float.self, count: cpu.threads * attention.backwardFloats)
      var keyPartial = try self.scratch(of: Float.self, count: blocks.partialRows * width)
      var valuePartial = try self.scratch(of: Float.self, count: blocks.partialRows * width)
      let operands = unsafe CPUAttention.BackwardOperands(
        outputGradient: outputGradient.host, query: query.host, key: key.host, value: value.host,
        output: output.host, logSumExp: logSumExp.host, queryGradient: queryGradient.mutableHost)
      unsafe attention.backward(
        blocks, layout: layout, scope: scope, operands,
        gradients: .init(
          key: keyGradient.mutableHost, value: valueGradient.mutableHost, stride: width),
        partial: .init(
          key: keyPartial.mutableHost, value: valuePartial.mutableHost, stride: width),
        scratch: scratch.mutableHost, on: cpu)
    case .gpu(let gpu):
      let queryKernel = AttentionKernel(
        .queryGradient, gpu, heads: heads, softCap: softCap, precision: precision)
      let keyKernel = AttentionKernel(
        .keyValueGradient, gpu, heads: heads, softCap: softCap, precision: precision)
      let queries = try layout.queryTable(rows: queryKernel.tile, groupSize: heads.groupSize)
      let keys = try layout.keyTable(keyKernel.keyDivision(heads, on: gpu))
      let slots = max(keys.slots, keys.ownSlots > 1 && scope == .all ? keys.ownSlots : 0)
      let partialCount = slots * keys.slotRows * heads.keyValueWidth
      var delta = try self.scratch(of: Float.self, count: rowShape.count)
      var keyPartial = try self.scratch(of: Float.self, count: partialCount)
      var valuePartial = try self.scratch(of: Float.self, count: partialCount)

      let rows = queryKernel.rowsOfDelta
      try gpu.kernel(Kernels.attentionDelta, [Lanes(count: queryKernel.lanes).option]).run(
        groups: (rowShape.count + rows - 1) / rows, lanes: queryKernel.lanes, outputGradient.read,
        output.read, delta.write, rowShape.count, heads.headDimension)

      try gpu.kernel(Kernels.attentionQueryGradient, queryKernel.options).run(
        groups: [scope == .all ? queries.count : queries.prefixTiles, heads.keyValueHeads],
        items: [queryKernel.lanes, 1],
        queries.records.buffer.read, outputGradient.read, query.read, key.read, value.read,
        logSumExp.read, delta.read, queryGradient.write, heads.queryHeads, heads.keyValueHeads,
        layout.windowOrAll, scale, softCap ?? 0)

      try gpu.kernel(Kernels.attentionKeyValueGradient, keyKernel.options).run(
        groups: [scope == .all ? keys.count : keys.prefixTiles, heads.keyValueHeads],
        items: [keyKernel.lanes, 1],
        keys.tiles.buffer.read, keys.spans.buffer.read, outputGradient.read, query.read, key.read,
        value.read, logSumExp.read, delta.read, keyGradient.write, valueGradient.write,
        keyPartial.write, valuePartial.write, keys.slotRows, heads.queryHeads, heads.keyValueHeads,
        layout.windowOrAll, scale, softCap ?? 0)

      var sums = [(rows: 0..<layout.prefixCount, slots: keys.slots)]
      if keys.ownSlots > 1 && scope == .all { sums += keys.ownRows.map { ($0, keys.ownSlots) } }
      for (rows, slots) in sums {
        let count = rows.count * heads.keyValueWidth
        try gpu.kernel(Kernels.attentionSumSlots, [Lanes(count: keyKernel.lanes).option]).run(
          groups: (count + keyKernel.lanes - 1) / keyKernel.lanes, lanes: keyKernel.lanes,
          keyPartial.read, valuePartial.read, keyGradient.write, valueGradient.write,
          Offset(rows.lowerBound * heads.keyValueWidth),
          Offset(keys.slotRows * heads.keyValueWidth), count, slots)
      }
    }
  }
}
