internal import Transformer

extension DecoderConfiguration {
  /// Bytes of the keys and values of so many rows in every layer, in 16 bits: 2 L G D numbers a
  /// row. A layer with a sliding window holds no more rows than it.
  func cacheBytes(rows: Int) -> Int {
    windows.reduce(0) { $0 + min(rows, $1 ?? rows) } * 2 * heads.keyValueWidth
      * MemoryLayout<UInt16>.size
  }
}
