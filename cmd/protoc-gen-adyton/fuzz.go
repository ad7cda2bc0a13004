package main

import "google.golang.org/protobuf/compiler/protogen"

func (c *contract) genFuzz(gen *protogen.Plugin) {}
