// Minimal is what "wps negotiate -o url" is measured against: a program that has
// only cobra and a JWT library, and signs the same client token.
package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/spf13/cobra"
)

func main() {
	var hub, user string
	c := &cobra.Command{
		Use:  "minimal",
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return negotiate(hub, user) },
	}
	c.Flags().StringVar(&hub, "hub", "", "name of the hub")
	c.Flags().StringVar(&user, "user", "", "id of the user")
	if c.Execute() != nil {
		os.Exit(1)
	}
}

func negotiate(hub, user string) error {
	parts := map[string]string{}
	for part := range strings.SplitSeq(os.Getenv("WPS_CONNECTION_STRING"), ";") {
		name, value, _ := strings.Cut(part, "=")
		parts[strings.ToLower(name)] = value
	}
	audience := parts["endpoint"] + "/client/hubs/" + hub
	now := time.Now()
	t := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"aud": audience, "sub": user, "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
	})
	signed, err := t.SignedString([]byte(parts["accesskey"]))
	if err != nil {
		return err
	}
	_, err = fmt.Printf("ws%s?access_token=%s\n", strings.TrimPrefix(audience, "http"), signed)
	return err
}
