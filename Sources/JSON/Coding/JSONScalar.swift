/// A type whose values are single JSON values without elements or members.
protocol JSONScalar {
  /// The value of `scalar`, or nil where it is of another type or out of range.
  init?(scalar: JSON)

  /// The value as JSON.
  var scalar: JSON { get }
}

extension Bool: JSONScalar {
  init?(scalar: JSON) {
    guard case .bool(let value) = scalar else { return nil }
    self = value
  }

  var scalar: JSON { .bool(self) }
}

extension String: JSONScalar {
  init?(scalar: JSON) {
    guard case .string(let value) = scalar else { return nil }
    self = value
  }

  var scalar: JSON { .string(self) }
}

/// JSON has no number for infinities and NaN, so they are strings.
extension Double: JSONScalar {
  init?(scalar: JSON) {
    switch scalar {
    case .integer(let value): self = Double(value)
    case .unsigned(let value): self = Double(value)
    case .number(let value): self = value
    case .string("NaN"): self = .nan
    case .string("Infinity"): self = .infinity
    case .string("-Infinity"): self = -.infinity
    default: return nil
    }
  }

  var scalar: JSON { isFinite ? .number(self) : .string(JSON.number(self).text()) }
}

extension Float: JSONScalar {
  init?(scalar: JSON) {
    guard let value = Double(scalar: scalar) else { return nil }
    self = Float(value)
  }

  /// The shortest decimal that rounds to this `Float`, and not to its nearest `Double`.
  var scalar: JSON { (Double(description) ?? Double(self)).scalar }
}

extension JSONScalar where Self: FixedWidthInteger {
  init?(scalar: JSON) {
    switch scalar {
    case .integer(let value): self.init(exactly: value)
    case .unsigned(let value): self.init(exactly: value)
    case .number(let value): self.init(exactly: value)
    default: return nil
    }
  }

  var scalar: JSON {
    if let value = Int(exactly: self) { return .integer(value) }
    return UInt64(exactly: self).map { .unsigned($0) } ?? .number(Double(self))
  }
}

extension Int: JSONScalar {}
extension Int32: JSONScalar {}
extension UInt32: JSONScalar {}
extension UInt64: JSONScalar {}
