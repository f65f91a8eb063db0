import COpenCL

/// A platform as the driver names it. Every C handle imports as the same `OpaquePointer`, so each
/// kind is wrapped before a second function sees it.
@safe struct PlatformHandle {
  let raw: cl_platform_id

  func text(_ parameter: Int32) throws(OpenCLError) -> String {
    try unsafe readText("clGetPlatformInfo") { size, value, used in
      unsafe clGetPlatformInfo(raw, cl_platform_info(parameter), size, value, used)
    }
  }
}

/// A device as the driver names it; it lives as long as the process.
@safe struct DeviceHandle {
  let raw: cl_device_id

  func text(_ parameter: Int32) throws(OpenCLError) -> String {
    try unsafe readText("clGetDeviceInfo") { size, value, used in
      unsafe clGetDeviceInfo(raw, cl_device_info(parameter), size, value, used)
    }
  }

  func number<Number: FixedWidthInteger>(
    _ parameter: Int32, as type: Number.Type
  ) throws(OpenCLError) -> Number {
    var value: Number = 0
    let status = unsafe clGetDeviceInfo(
      raw, cl_device_info(parameter), MemoryLayout<Number>.size, &value, nil)
    try check("clGetDeviceInfo", status, "parameter \(parameter)")
    return value
  }

  /// The numbers of a parameter that is a list of `size_t`.
  func sizes(_ parameter: Int32) throws(OpenCLError) -> [Int] {
    var byteCount = 0
    try check(
      "clGetDeviceInfo", unsafe clGetDeviceInfo(raw, cl_device_info(parameter), 0, nil, &byteCount),
      "parameter \(parameter)")
    var values = [Int](repeating: 0, count: byteCount / MemoryLayout<Int>.stride)
    try check(
      "clGetDeviceInfo",
      unsafe clGetDeviceInfo(raw, cl_device_info(parameter), byteCount, &values, nil),
      "parameter \(parameter)")
    return values
  }
}

enum Handles {
  static func platforms() throws(OpenCLError) -> [PlatformHandle] {
    var count: cl_uint = 0
    let status = unsafe clGetPlatformIDs(0, nil, &count)
    // The loader returns -1001 (CL_PLATFORM_NOT_FOUND_KHR) if no driver is installed.
    if status == -1001 || (status == CL_SUCCESS && count == 0) { return [] }
    try check("clGetPlatformIDs", status)
    var raw = unsafe [cl_platform_id?](repeating: nil, count: Int(count))
    try check("clGetPlatformIDs", unsafe clGetPlatformIDs(count, &raw, nil))
    return unsafe raw.compactMap { id in unsafe id.map { unsafe PlatformHandle(raw: $0) } }
  }

  static func devices(of platform: PlatformHandle) throws(OpenCLError) -> [DeviceHandle] {
    var count: cl_uint = 0
    let every = cl_device_type(CL_DEVICE_TYPE_ALL)
    let status = unsafe clGetDeviceIDs(platform.raw, every, 0, nil, &count)
    if status == CL_DEVICE_NOT_FOUND { return [] }
    try check("clGetDeviceIDs", status)
    var raw = unsafe [cl_device_id?](repeating: nil, count: Int(count))
    try check("clGetDeviceIDs", unsafe clGetDeviceIDs(platform.raw, every, count, &raw, nil))
    return unsafe raw.compactMap { id in unsafe id.map { unsafe DeviceHandle(raw: $0) } }
  }

  /// The device at an index of `DeviceDescription.all()`.
  static func device(platform: Int, device: Int) throws(OpenCLError) -> DeviceHandle {
    let platforms = try platforms()
    guard platforms.indices.contains(platform) else {
      throw OpenCLError(
        call: "clGetPlatformIDs", status: CL_INVALID_PLATFORM,
        detail: "no platform \(platform); there are \(platforms.count)")
    }
    let devices = try devices(of: platforms[platform])
    guard devices.indices.contains(device) else {
      throw OpenCLError(
        call: "clGetDeviceIDs", status: CL_INVALID_DEVICE,
        detail: "no device \(device) on platform \(platform); there are \(devices.count)")
    }
    return devices[device]
  }
}

/// Reads a string of unknown length with the two calls that OpenCL's information functions require.
func readText(
  _ call: String,
  _ read: (Int, UnsafeMutableRawPointer?, UnsafeMutablePointer<Int>?) -> Int32
) throws(OpenCLError) -> String {
  var size = 0
  try check(call, unsafe read(0, nil, &size))
  var bytes = [UInt8](repeating: 0, count: size)
  try check(call, unsafe read(size, &bytes, nil))
  return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
}
