/// The elements of a floating-point type as `Float`.
///
/// The loops carry no branch and no call, so that the compiler turns them into vector code; loads
/// are unaligned.
func widenedFloats(_ bytes: RawSpan, from elementType: ElementType) -> [Float] {
  let count = bytes.byteCount / elementType.byteCount
  return unsafe bytes.withUnsafeBytes { source in
    unsafe [Float](unsafeUninitializedCapacity: count) { floats, initialized in
      switch elementType {
      case .f32:
        for index in 0..<count {
          let bits = unsafe source.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self)
          unsafe floats[index] = Float(bitPattern: UInt32(littleEndian: bits))
        }
      case .bf16:
        for index in 0..<count {
          let bits = unsafe source.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self)
          unsafe floats[index] = Float(bitPattern: UInt32(UInt16(littleEndian: bits)) << 16)
        }
      case .f16:
        for index in 0..<count {
          let bits = unsafe source.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self)
          unsafe floats[index] = widenedHalf(UInt16(littleEndian: bits))
        }
      case .f64:
        for index in 0..<count {
          let bits = unsafe source.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self)
          unsafe floats[index] = Float(Double(bitPattern: UInt64(littleEndian: bits)))
        }
      case .bool, .u8, .i8, .i16, .u16, .i32, .u32, .i64, .u64:
        preconditionFailure("not a floating-point type")
      }
      initialized = count
    }
  }
}

/// An IEEE half as `Float`, exactly, for every bit pattern.
///
/// Moved to the place of a `Float`'s exponent and fraction, the bits read as the half times 2^-112:
/// one multiplication rescales normal and subnormal numbers alike. Only the exponent of NaN and
/// infinity is set apart.
@inline(__always)
func widenedHalf(_ half: UInt16) -> Float {
  let magnitude = UInt32(half & 0x7FFF) << 13
  let sign = UInt32(half & 0x8000) << 16
  let rescaled = (Float(bitPattern: magnitude) * 0x1p112).bitPattern
  let isFinite = half & 0x7C00 != 0x7C00
  return Float(bitPattern: sign | (isFinite ? rescaled : 0x7F80_0000 | magnitude))
}

/// The elements of an integer type of which every value fits an `Int`.
func loadedIntegers<Element: FixedWidthInteger & BitwiseCopyable>(
  _ bytes: RawSpan, as type: Element.Type
) -> [Int] {
  let width = MemoryLayout<Element>.size
  return (0..<bytes.byteCount / width).map { index in
    let stored = unsafe bytes.unsafeLoadUnaligned(fromByteOffset: index * width, as: type)
    return Int(Element(littleEndian: stored))
  }
}

/// The first element that is NaN or infinite: one whose exponent bits are all set.
func firstNonFinite(_ bytes: RawSpan, of elementType: ElementType) -> Int? {
  switch elementType {
  case .f16: firstElement(bytes, withAllBits: UInt16(0x7C00))
  case .bf16: firstElement(bytes, withAllBits: UInt16(0x7F80))
  case .f32: firstElement(bytes, withAllBits: UInt32(0x7F80_0000))
  case .f64: firstElement(bytes, withAllBits: UInt64(0x7FF0_0000_0000_0000))
  case .bool, .u8, .i8, .i16, .u16, .i32, .u32, .i64, .u64: nil
  }
}

private func firstElement<Bits: FixedWidthInteger & BitwiseCopyable>(
  _ bytes: RawSpan, withAllBits mask: Bits
) -> Int? {
  let width = MemoryLayout<Bits>.size
  let count = bytes.byteCount / width
  return unsafe bytes.withUnsafeBytes { source in
    let mask = mask.littleEndian
    let block = 4096
    var start = 0
    while start < count {
      let end = min(start + block, count)
      // A whole block at a time, without a branch inside: weights are nearly always finite.
      var found: Bits = 0
      for index in start..<end {
        let bits = unsafe source.loadUnaligned(fromByteOffset: index * width, as: Bits.self)
        found |= bits & mask == mask ? 1 : 0
      }
      if found != 0 {
        for index in start..<end {
          let bits = unsafe source.loadUnaligned(fromByteOffset: index * width, as: Bits.self)
          if bits & mask == mask { return index }
        }
      }
      start = end
    }
    return nil
  }
}
