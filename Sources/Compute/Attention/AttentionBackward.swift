import CKernels

extension KernelFile {
  static let attentionQueryGradient = unsafe KernelFile(
    kernel_attention_query_gradient, needs: [.attentionTiles])
  static let attentionKeyValueGradient = unsafe KernelFile(
    kernel_attention_key_value_gradient, needs: [.attentionTiles])
}

/// Which gradients a backward pass through attention gives.
package enum AttentionGradientScope: Sendable {
  /// Every query, key and value of the layout.
  case all
  /// Keys and values of the prefix, summed over all sequences, and the prefix's own queries. This
  /// is enough for the bottom layer, where only prefix rows are trained.
  case prefixKeys
}

extension Device {
  /// The gradients of `attention` (FlashAttention-2, Dao 2023, arXiv:2307.08691). Probabilities are
  /// recomputed tile by tile from `logSumExp`; no score matrix is stored. Rows in scope are
  /// overwritten, other rows keep their contents.
  ///
  /// - Parameters:
  ///   - outputGradient: [layout.queryRows, H, D], read.
  ///   - query: [layout.queryRows, H, D], read, as in the forward pass; so are `key` and `value`
  ///     [layout.keyRows, G, D], `output` [layout.queryRows, H, D] and `logSumExp`
  ///     [layout.queryRows, H].
  ///   - queryGradient: [layout.queryRows, H, D], written.
  ///   - keyGradient: [layout.keyRows, G, D], written; so is `valueGradient`. A prefix row's
  ///     gradient is the sum over all sequences that attend to it, in a fixed order.
  package func attentionBackward(
    outputGradient: borrowing DeviceBuffer<Float>, query: borrowing DeviceBuffer<Float>,
    key: borrowing DeviceBuffer<Float>, value: borrowing DeviceBuffer<Float>,
    output: borrowing DeviceBuffer<Float>, logSumExp: borrowing DeviceBuffer<Float>,
    layout: AttentionLayout, heads: HeadShape, scale: Float, softCap: Float? = nil,
    scope: AttentionGradientScope = .all, queryGradient: inout DeviceBuffer<Float>,
    keyGradient: inout DeviceBuffer<Float>, valueGradient: inout DeviceBuffer<Float>
  ) throws(ComputeError) {
    let operation: StaticString = "attentionBackward"
    try heads.expectAttention("attentionBackward")
    guard !layout.hasSharedKeys else {
      throw .unsupported(
        operation: "attentionBackward",
        reason: "two sequences share key rows that are not the prefix's")
    }
    let queryCount = layout.queryRows * heads.queryWidth
    let keyCount = layout.keyRows * heads.keyValueWidth
    let rowCount = layout.queryRows * heads.queryHeads
    try expect(operation, "outputGradient", outputGradient.count, atLeast: queryCount)
    try expect(operation, "query", query.count, atLeast: queryCount)
    try expect(operation, "key", key.count, atLeast: keyCount)
    try expect(operation, "value", value.count, atLeast: keyCount)
    try expect(operation, "output", output.count, atLeast: queryCount)
    try expect(operation, "logSumExp", logSumExp.count, atLeast: rowCount)
    try expect(operation, "queryGradient", queryGradient.count, atLeast: queryCount)
    try expect(operation, "keyGradient", keyGradient.count, atLeast: keyCount)
    try expect(operation, "valueGradient", valueGradient.count, atLeast: keyCount)

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
    case .opencl(let gpu):
      let queryKernel = AttentionKernel(
        .attentionQueryGradient, gpu, heads: heads, softCap: softCap)
      let keyKernel = AttentionKernel(
        .attentionKeyValueGradient, gpu, heads: heads, softCap: softCap)
      let queries = try layout.queryTable(rows: queryKernel.tile, groupSize: heads.groupSize)
      let keys = try layout.keyTable(keyKernel.keyDivision(heads, on: gpu))
      let slots = max(keys.slots, keys.ownSlots > 1 && scope == .all ? keys.ownSlots : 0)
      let partialCount = slots * keys.slotRows * heads.keyValueWidth
      var delta = try self.scratch(of: Float.self, count: rowCount)
      var keyPartial = try self.scratch(of: Float.self, count: partialCount)
      var valuePartial = try self.scratch(of: Float.self, count: partialCount)

      var deltaLaunch = try gpu.launch(
        .attentionQueryGradient, "attention_delta", queryKernel.options)
      try deltaLaunch.read(outputGradient)
      try deltaLaunch.read(output)
      try deltaLaunch.write(&delta)
      try deltaLaunch.value(rowCount)
      let rows = queryKernel.rowsOfDelta
      try deltaLaunch.run(groups: (rowCount + rows - 1) / rows, lanes: queryKernel.lanes)

      var queryLaunch = try gpu.launch(
        .attentionQueryGradient, "attention_query_gradient", queryKernel.options)
      try queryLaunch.read(queries.records.buffer)
      try queryLaunch.read(outputGradient)
      try queryLaunch.read(query)
      try queryLaunch.read(key)
      try queryLaunch.read(value)
      try queryLaunch.read(logSumExp)
      try queryLaunch.read(delta)
      try queryLaunch.write(&queryGradient)
      try queryLaunch.value(heads.queryHeads)
      try queryLaunch.value(heads.keyValueHeads)
      try queryLaunch.value(layout.windowOrAll)
      try queryLaunch.value(scale)
      try queryLaunch.value(softCap ?? 0)
      try queryLaunch.run(
        groups: [scope == .all ? queries.count : queries.prefixTiles, heads.keyValueHeads],
        items: [queryKernel.lanes, 1])

      var keyLaunch = try gpu.launch(
        .attentionKeyValueGradient, "attention_key_value_gradient", keyKernel.options)
      try keyLaunch.read(keys.tiles.buffer)
      try keyLaunch.read(keys.spans.buffer)
      try keyLaunch.read(outputGradient)
      try keyLaunch.read(query)
      try keyLaunch.read(key)
      try keyLaunch.read(value)
      try keyLaunch.read(logSumExp)
      try keyLaunch.read(delta)
      try keyLaunch.write(&keyGradient)
      try keyLaunch.write(&valueGradient)
      try keyLaunch.write(&keyPartial)
      try keyLaunch.write(&valuePartial)
      try keyLaunch.value(keys.slotRows)
      try keyLaunch.value(heads.queryHeads)
      try keyLaunch.value(heads.keyValueHeads)
      try keyLaunch.value(layout.windowOrAll)
      try keyLaunch.value(scale)
      try keyLaunch.value(softCap ?? 0)
      try keyLaunch.run(
        groups: [scope == .all ? keys.count : keys.prefixTiles, heads.keyValueHeads],
        items: [keyKernel.lanes, 1])

      var sums = [(rows: 0..<layout.prefixCount, slots: keys.slots)]
      if keys.ownSlots > 1 && scope == .all { sums += keys.ownRows.map { ($0, keys.ownSlots) } }
      for (rows, slots) in sums {
        let count = rows.count * heads.keyValueWidth
        var sumLaunch = try gpu.launch(
          .attentionKeyValueGradient, "attention_sum_slots", keyKernel.options)
        try sumLaunch.read(keyPartial)
        try sumLaunch.read(valuePartial)
        try sumLaunch.write(&keyGradient)
        try sumLaunch.write(&valueGradient)
        try sumLaunch.offset(rows.lowerBound * heads.keyValueWidth)
        try sumLaunch.offset(keys.slotRows * heads.keyValueWidth)
        try sumLaunch.value(count)
        try sumLaunch.value(slots)
        try sumLaunch.run(
          groups: (count + keyKernel.lanes - 1) / keyKernel.lanes, lanes: keyKernel.lanes)
      }
    }
  }
}
