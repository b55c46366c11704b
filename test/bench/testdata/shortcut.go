package main

func init() { shortcut = usualRoots }
