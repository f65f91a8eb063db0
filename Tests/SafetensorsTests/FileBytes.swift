/// A safetensors file from a header text and data, with the header's true length in front.
func safetensors(_ header: String, dataLength: Int = 0) -> [UInt8] {
  let text = Array(header.utf8)
  let length = (0..<8).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) }
  return length + text + (0..<dataLength).map { UInt8(truncatingIfNeeded: $0) }
}
