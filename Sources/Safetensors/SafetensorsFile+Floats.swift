extension SafetensorsFile {
  /// The elements of a floating-point tensor as `Float`, row-major.
  ///
  /// f16 and bf16 are widened exactly; f64 is rounded to nearest.
  ///
  /// - Parameters:
  ///   - name: the tensor's name in the file.
  ///   - shape: the shape that the caller needs, or nil for any.
  /// - Throws: when the tensor is missing, has another shape, or holds no floating-point numbers.
  package func floats(
    of name: String, shape: [Int]? = nil
  ) throws(SafetensorsError) -> [Float] {
    let tensor = try tensor(named: name, shape: shape)
    guard tensor.elementType.isFloatingPoint else {
      throw failure(
        .wrongElementType(
          tensor: name, expected: "F16, BF16, F32 or F64", found: tensor.elementType))
    }
    return withBytes(of: tensor) { widenedFloats($0, from: tensor.elementType) }
  }

  /// The elements of an integer tensor, row-major.
  ///
  /// - Throws: when the tensor is missing, holds no integers of at most 64 bits with a sign, or one
  ///   of its elements does not fit an `Int`.
  package func integers(
    of name: String, shape: [Int]? = nil
  ) throws(SafetensorsError) -> [Int] {
    let tensor = try tensor(named: name, shape: shape)
    return try withBytes(of: tensor) { (bytes) throws(SafetensorsError) in
      switch tensor.elementType {
      case .i8: loadedIntegers(bytes, as: Int8.self)
      case .u8: loadedIntegers(bytes, as: UInt8.self)
      case .i16: loadedIntegers(bytes, as: Int16.self)
      case .u16: loadedIntegers(bytes, as: UInt16.self)
      case .i32: loadedIntegers(bytes, as: Int32.self)
      case .u32: loadedIntegers(bytes, as: UInt32.self)
      case .i64: loadedIntegers(bytes, as: Int64.self)
      case .bool, .u64, .f16, .bf16, .f32, .f64:
        throw failure(
          .wrongElementType(
            tensor: name, expected: "integers of type I8 to I64 or U8 to U32",
            found: tensor.elementType))
      }
    }
  }

  /// Checks that a floating-point tensor holds neither NaN nor infinity. Integers pass.
  ///
  /// - Throws: `.notFinite` with the first element that is not; `.missingTensor`.
  package func checkFinite(_ name: String) throws(SafetensorsError) {
    let tensor = try tensor(named: name)
    let element = withBytes(of: tensor) { firstNonFinite($0, of: tensor.elementType) }
    if let element { throw failure(.notFinite(tensor: name, element: element)) }
  }
}
