extension Float {
  /// The nearest number that bf16 holds; of two, the one with an even mantissa. For finite numbers
  /// that stay so.
  package var roundedToBFloat16: Float {
    let bits = bitPattern
    return Float(bitPattern: (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff_0000)
  }
}
