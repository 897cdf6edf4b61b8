#include "base/scram.h"

#include <gtest/gtest.h>

namespace millrace {
namespace {

const std::string salt("\x5b\x6d\x99\x68\x9d\x12\x35\x8e\xec\xa0\x4b\x14\x12\x36\xfa\x81", 16);

// The exchange that RFC 7677 section 3 prints.
TEST(Scram, SignsAsTheExampleOfItsSource) {
  ScramVerifier verifier = make_scram_verifier("pencil", salt, 4096);
  Sha256 signature = hmac_sha256(as_text(verifier.server_key_256),
                                 "n=user,r=rOprNGfwEbeRWgbNEkqO,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                                 "s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,"
                                 "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0");
  std::string base64;
  append_base64(base64, as_text(signature));

  EXPECT_EQ(base64, "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
  EXPECT_EQ(to_hex(verifier.stored_key_256), "586e5df283e6dceb5c3e791d8b8528ec191e664045ce971792e2e6b5bb13e2a6");
}

TEST(Scram, KeepsTheKeysOfTheLongerHashToo) {
  ScramVerifier verifier = make_scram_verifier("pencil", salt, 4096);

  EXPECT_EQ(to_hex(verifier.stored_key_512),
            "e8002e6f7d3ae446119b216933644dc2a2be7869eb918b8459b5e7d7d2ec1260"
            "6aceef106825cd735170a675fd3611f684affad1dce3f43a0ee43bd590e1dbbe");
  EXPECT_EQ(to_hex(verifier.server_key_512),
            "8d91db6230b5687874fe129bc7206e1858c3ae08e02934f57ac03b6b05a229c4"
            "59d28ff46f5c9611e6c179256490215ec1ff759cb0df285db89af0f99e613aac");
}

TEST(Scram, KnowsThePasswordFromAnyOther) {
  ScramVerifier verifier = make_scram_verifier("pencil");

  EXPECT_GE(verifier.iterations, 4096u);
  EXPECT_EQ(verifier.salt.size(), 16u);
  EXPECT_NE(verifier.salt, make_scram_verifier("pencil").salt);
  EXPECT_TRUE(scram_matches(verifier, "pencil"));
  for (std::string_view wrong : {"", "Pencil", "pencil ", "penci"}) EXPECT_FALSE(scram_matches(verifier, wrong));
}

}  // namespace
}  // namespace millrace
