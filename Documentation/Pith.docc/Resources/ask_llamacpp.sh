cc -O2 -I llama.cpp/include -I llama.cpp/ggml/include soft_prompt.c -o soft_prompt \
  -L llama.cpp/build/bin -lllama -Wl,-rpath,llama.cpp/build/bin
./soft_prompt MODEL.gguf soft_prompt.f32 'user
When is the counter open on Saturday?<|im_end|>
<|im_start|>assistant
'
