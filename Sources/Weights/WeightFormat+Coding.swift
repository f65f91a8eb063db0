import CArithmetic

extension WeightFormat {
  /// The elements of whole blocks as f32, bit for bit as gguf.quants.dequantize in Python.
  ///
  /// - Parameter bytes: whole blocks, at any address.
  package func decode(_ bytes: UnsafeRawBufferPointer) -> [Float] {
    guard let base = bytes.baseAddress else { return [] }
    let count = bytes.count / blockBytes * blockElements
    return unsafe [Float](unsafeUninitializedCapacity: count) { values, initialised in
      initialised = count
      guard count > 0, let target = values.baseAddress else { return }
      unsafe widen_weights(base, code, count, target)
    }
  }

  /// The elements of whole blocks as f32, bit for bit as gguf.quants.dequantize in Python.
  package func decode(_ bytes: [UInt8]) -> [Float] {
    unsafe bytes.withUnsafeBytes { unsafe decode($0) }
  }

  /// Numbers in this format: rounded to nearest even, blocks bit for bit as gguf.quants.quantize
  /// in Python. Nil where a finite number or a block's scale is too large for the format, where a
  /// block holds NaN, and where the format is only read.
  ///
  /// - Parameter values: whole blocks of numbers.
  package func encode(_ values: [Float]) -> [UInt8]? {
    guard isEncodable, fits(columns: values.count) else { return nil }
    var isStored = true
    let bytes = unsafe values.withUnsafeBytes { source in
      unsafe [UInt8](unsafeUninitializedCapacity: byteCount(values.count)) { bytes, count in
        count = byteCount(values.count)
        guard count > 0, let from = source.baseAddress, let to = bytes.baseAddress else { return }
        isStored = unsafe store_weights(
          from, WeightFormat.f32.code, false, 1, values.count, 0, 1, to, code)
      }
    }
    return isStored ? bytes : nil
  }
}
