/// The program in C that answers a prompt after the rows of a soft prompt with llama.cpp, which has
/// no file format for them.
enum LlamaProgram {
  /// Its file.
  static let name = "soft_prompt.c"
  /// The file of its rows: [n, E] f32, little-endian, without a header.
  static let rowsName = "soft_prompt.f32"

  /// The source; it needs `llama.h` alone.
  static let source = #"""
    // Answers a prompt after a soft prompt: soft_prompt MODEL.gguf ROWS.f32 TEXT [TOKENS]
    //
    // ROWS.f32 holds [n, n_embd] floats, the embeddings of everything before the prompt. TEXT is what follows
    // them, with the chat template's own marks; no special token is added to it. The most likely token is
    // taken until one ends the text or there are TOKENS of them (256).

    #include <stdio.h>
    #include <stdlib.h>
    #include <string.h>

    #include "llama.h"

    static void fail(const char *message, const char *what) {
      fprintf(stderr, "soft_prompt: %s: %s\n", what, message);
      exit(1);
    }

    // Reads rows of `width` floats and counts them.
    static float *read_rows(const char *path, int32_t width, int32_t *count) {
      FILE *file = fopen(path, "rb");
      if (!file || fseek(file, 0, SEEK_END)) fail("cannot be read", path);
      const long size = ftell(file), row = width * (long)sizeof(float);
      if (size <= 0 || size % row) fail("expected whole rows of the model's width", path);
      float *rows = malloc((size_t)size);
      rewind(file);
      if (!rows || fread(rows, 1, (size_t)size, file) != (size_t)size) fail("cannot be read", path);
      fclose(file);
      *count = (int32_t)(size / row);
      return rows;
    }

    int main(int argc, char **argv) {
      if (argc < 4) fail("MODEL.gguf ROWS.f32 TEXT [TOKENS]", "usage");
      const int32_t limit = argc > 4 ? atoi(argv[4]) : 256;

      llama_backend_init();
      struct llama_model *model = llama_model_load_from_file(argv[1], llama_model_default_params());
      if (!model) fail("cannot be loaded", argv[1]);
      const struct llama_vocab *vocab = llama_model_get_vocab(model);

      int32_t rows;
      float *embeddings = read_rows(argv[2], llama_model_n_embd(model), &rows);

      const int32_t length = (int32_t)strlen(argv[3]);
      const int32_t tokens = -llama_tokenize(vocab, argv[3], length, NULL, 0, false, true);
      if (tokens <= 0) fail("has no tokens", "TEXT");
      llama_token *text = malloc((size_t)tokens * sizeof *text);
      if (!text || llama_tokenize(vocab, argv[3], length, text, tokens, false, true) != tokens)
        fail("cannot be tokenized", "TEXT");

      struct llama_context_params params = llama_context_default_params();
      params.n_ctx = (uint32_t)(rows + tokens + limit);
      params.n_batch = (uint32_t)(rows > tokens ? rows : tokens);
      struct llama_context *context = llama_init_from_model(model, params);
      if (!context) fail("no context of this length", argv[1]);

      // Positions and sequence are llama.cpp's own: the text follows the rows.
      struct llama_batch prefix = {.n_tokens = rows, .embd = embeddings};
      if (llama_decode(context, prefix)) fail("cannot be decoded", argv[2]);
      struct llama_batch batch = llama_batch_get_one(text, tokens);
      struct llama_sampler *greedy = llama_sampler_init_greedy();
      for (int32_t made = 0; made < limit; made++) {
        if (llama_decode(context, batch)) fail("cannot be decoded", "TEXT");
        llama_token next = llama_sampler_sample(greedy, context, -1);
        if (llama_vocab_is_eog(vocab, next)) break;
        char piece[256];
        const int32_t bytes = llama_token_to_piece(vocab, next, piece, sizeof piece, 0, true);
        if (bytes > 0) fwrite(piece, 1, (size_t)bytes, stdout);
        fflush(stdout);
        text[0] = next;
        batch = llama_batch_get_one(text, 1);
      }
      putchar('\n');

      llama_sampler_free(greedy);
      llama_free(context);
      llama_model_free(model);
      free(text);
      free(embeddings);
      llama_backend_free();
      return 0;
    }

    """#
}
